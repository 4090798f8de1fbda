"""Tries the policies of several models on the past, and prints what each would have done in a row of its own."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from ..domain.back_test import CAVEAT, BackTest
from ..domain.cost import dollars
from ..domain.errors import AutoRetrainError
from ..domain.policy.policy import Policy
from ..domain.windows import Window
from ..ports import Ports
from .printing import print_table, remark, say
from .worker_processes import for_each

HEADINGS = ("MODEL", "RETRAININGS", "NEEDLESS", "DAYS BEYOND", "UNANSWERED", "COST")
# People wait for more than that only if they see that it goes on.
_TELL_EVERY = 50


def try_fleet(
    policies: Mapping[str, Policy],
    days: Window,
    try_one: Callable[[Policy, Window, Ports], BackTest],
    connect: Callable[[], Ports],
    ports: Ports,
) -> tuple[Mapping[str, BackTest], Mapping[str, str]]:
    """The back-tests by the names of the policies, and why others could not be tried."""
    tests, problems = dict[str, BackTest](), dict[str, str]()
    results = for_each(partial(_try, try_one, days), list(policies.values()), connect, ports)
    for number, (name, result) in enumerate(zip(policies, results, strict=True), start=1):
        if isinstance(result, BackTest):
            tests[name] = result
        else:
            problems[name] = result
        if number % _TELL_EVERY == 0:
            remark(f"{number} of {len(policies)} tried")
    return tests, problems


def print_fleet(tests: Mapping[str, BackTest], days: Window) -> None:
    """A row for each, and one for all."""
    say(f"{len(tests)} models, {days}")
    say(CAVEAT)
    rows = [(test.model_name, *_cells([test])) for test in tests.values()]
    print_table(HEADINGS, [*rows, ("all", *_cells(list(tests.values())))])


def print_untried(problems: Mapping[str, str]) -> None:
    for name, problem in problems.items():
        remark(f"auto-retrain: {name} could not be tried: {problem}")


def _try(
    try_one: Callable[[Policy, Window, Ports], BackTest], days: Window, policy: Policy, ports: Ports
) -> BackTest | str:
    """Why not, as text: not every error can come from another process."""
    try:
        return try_one(policy, days, ports)
    except AutoRetrainError as error:
        return str(error)


def _cells(tests: Sequence[BackTest]) -> tuple[str, ...]:
    costs = [test.usd for test in tests]
    judged = [test for test in tests if test.levels]
    return (
        f"{sum(len(test.starts) for test in tests)}",
        f"{sum(test.needless for test in tests)}",
        f"{sum(test.days_beyond for test in judged)}" if judged else "-",
        f"{sum(test.days_unanswered for test in judged)}" if judged else "-",
        "not known" if None in costs else dollars(sum(cost or 0.0 for cost in costs)),
    )
