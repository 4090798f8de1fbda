"""`auto-retrain backtest --train`: waits for the pod that walks through the past, and shows what came of it."""

import time
from collections.abc import Mapping, Sequence

from ..domain.policy.policy import Policy
from ..domain.trained_back_test import TrainedBackTest, TriedChampion, shown_mean
from ..domain.windows import Window
from ..ports import Ports
from ..usecases.back_testing.back_test_request import asked_back_test
from ..usecases.back_testing.order_back_test import await_result, start_back_test
from .printing import moment, print_below, print_table, remark, say


def train_back_tests(
    policies: Mapping[str, Policy], days: Window, metric: str | None, again: bool, ports: Ports
) -> tuple[TrainedBackTest, ...]:
    """Start the Kubernetes Job of a back-test, or find it, and wait for its result; Ctrl-C ends only the waiting."""
    begun = ports.clock.now()
    run = start_back_test(asked_back_test(policies, days, ports, metric), ports, again)
    if run.ordered_at < begun:
        remark(f"this was ordered at {moment(run.ordered_at)}; --again tries it once more, on the data as they are now")
    try:
        return await_result(run, ports, remark, time.sleep).tests
    except KeyboardInterrupt:
        remark(f"the Kubernetes Job {run.kubernetes_job} goes on; the same command waits for it, or shows its result")
        raise


def trained_document(test: TrainedBackTest) -> dict[str, object]:
    """What a back-test has besides the decisions if its retrainings were carried out."""
    return {
        "metric": test.metric,
        "carried_out": [each.model_dump(mode="json") for each in test.retrainings],
        "champions": [each.model_dump(mode="json") for each in test.champions],
        "served": [each.model_dump(mode="json") for each in test.days],
    }


def print_champions(tests: Sequence[TrainedBackTest]) -> None:
    """Why retrainings of each back-test ended without a promotion, what served, since when, and how it did."""
    for test in tests:
        for sentence in test.unpromoted:
            print_below(f"{test.name}: ", sentence)
    rows = [_row(test, each, len(tests) > 1) for test in tests for each in test.champions]
    say("")
    if rows:
        (metric, *others) = {test.metric for test in tests}
        headings = ["VERSION", "SINCE", "BY", "DAYS", "METRIC" if others else metric.upper()]
        print_table([*(["POLICY"] if len(tests) > 1 else []), *headings], rows)
    for test in tests:
        for sentence in filter(None, (test.unserved, test.unmeasured, test.unknown_days)):
            print_below(f"{test.name}: ", sentence)


def _row(test: TrainedBackTest, champion: TriedChampion, with_name: bool) -> list[str]:
    days, came_by = len(test.days_of(champion)), champion.change.replace("_", " ")
    row = [champion.version, moment(champion.since), came_by, str(days), shown_mean(test.value_with(champion))]
    return [test.name, *row] if with_name else row
