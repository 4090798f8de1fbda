"""`auto-retrain backtest`: tries a policy on the past, perhaps beside another one."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from ..domain.back_test import CAVEAT, TRAINED_CAVEAT, BackTest, summary
from ..domain.errors import EventInvalid
from ..domain.past_days import past_days
from ..domain.past_decision import PastDecision
from ..domain.policy.policy import Policy
from ..domain.text import one_line
from ..domain.trained_back_test import trained_summary
from ..domain.windows import Window
from ..ports import Ports
from ..usecases.back_testing.back_test_page import back_test_page
from ..usecases.lookup import policy_of
from .arguments import Json, connection_of, date_of, model_name, ports_of, text_up_to
from .back_test_documents import back_test_document
from .commands import Commands
from .fleet_back_tests import print_fleet, print_untried, try_fleet
from .packages import packages_for_data
from .pages import writable, write_page
from .policy_files import read_policy_file
from .printing import moment, print_json, print_table, say
from .waiting import at_work

MAX_METRIC_LENGTH = 64

commands = Commands()

_ENDINGS = (".yaml", ".yml", ".json")
# What makes sense of one policy only.
_OF_ONE = ("against", "with_all", "train", "page")


def _is_file(text: str) -> bool:
    return text.endswith(_ENDINGS) or "/" in text


def _model_or_file(text: str) -> str:
    return text if _is_file(text) and text.isprintable() else model_name(text)


@commands.add("backtest", "backtest churn --from 2026-01-01 --to 2026-06-30")
def backtest(
    context: typer.Context,
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL|FILE",
            parser=_model_or_file,
            help="a model, for its applied policy, or a .yaml file with a policy; of several, each is a row",
        ),
    ],
    since: Annotated[date, typer.Option("--from", metavar="DATE", parser=date_of, help="the first day, in UTC")],
    until: Annotated[
        date | None, typer.Option("--to", metavar="DATE", parser=date_of, help="the last day (default: yesterday)")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against", metavar="MODEL|FILE", parser=_model_or_file, help="another policy to compare it with"
        ),
    ] = None,
    with_all: Annotated[
        bool, typer.Option("--all", help="also list the decisions that would have started nothing")
    ] = False,
    train: Annotated[
        bool,
        typer.Option(
            "--train",
            help="carry the retrainings out, in a Kubernetes Job that walks through the time: what they promote serves",
        ),
    ] = False,
    metric: Annotated[
        str | None,
        typer.Option(
            "--metric",
            metavar="NAME",
            parser=text_up_to(MAX_METRIC_LENGTH),
            help="with --train: which metric of labelled rows, such as f1_score, the policy's metric stands for, if "
            "its own name says nothing",
        ),
    ] = None,
    again: Annotated[
        bool,
        typer.Option("--again", help="with --train: try it once more, though its Kubernetes Job runs or has ended"),
    ] = False,
    page: Annotated[
        Path | None,
        typer.Option(
            "--page", metavar="FILE", callback=writable, help="also write a page for a browser; replaces the file"
        ),
    ] = None,
    as_json: Json = False,
) -> int:
    """Decide on each day of the past as a deployment with this policy would have, from the metrics and the data of that
    time: when it would have retrained, what would have held it back, and what later labels say about it. No record is
    changed. Without --train nothing is trained: what served is as it was; a retraining that was not done is not
    promoted."""
    if len(names) > 1:
        _refuse_for_several(context)
    if metric and not train:
        raise EventInvalid(f"--metric {metric}: only with --train; without it, the metric is read as it was")
    if again and not train:
        raise EventInvalid("--again: only with --train; without it, a policy is tried anew each time")
    if against and against in names:
        raise EventInvalid(
            f"--against {against}: is the policy that is tried; give another one, such as a file with a change"
        )
    ports = ports_of(context)
    days = past_days(since, until, ports.clock.now().date(), ("--from", "--to"))
    policies = {name: _policy(name, ports) for name in (*names, *([against] if against else []))}
    if len(names) > 1:
        _refuse_twins([policies[name].model for name in names])
        return _try_several(policies, days, as_json, connection_of(context), ports)
    models = {each.model for each in policies.values()}
    if len(models) > 1:
        raise EventInvalid(f"--against {against}: must be about the same model, not {' and '.join(sorted(models))}")
    if train:
        _train(policies, days, metric, again, with_all, as_json, page, ports)
        return 0
    with at_work(f"deciding on {len(days.days())} days of the past"):
        tests = {name: _test(each, days, ports) for name, each in policies.items()}
    if page:
        write_page(page, back_test_page(tests), "--page")
    if as_json:
        print_json([_document(name, test) for name, test in tests.items()])
        return 0
    _print_summary(tests, days, CAVEAT)
    _print_decisions(tests, with_all, is_trained=False)
    return 0


def _refuse_for_several(context: typer.Context) -> None:
    given = [name for name in _OF_ONE if context.params[name]]
    if given:
        option = given[0].replace("with_", "")
        raise EventInvalid(f"--{option}: only with one policy; of several, each is a row of a table")


def _refuse_twins(models: Sequence[str]) -> None:
    if twice := [model for model, count in Counter(models).items() if count > 1]:
        raise EventInvalid(f"two of the policies are about '{twice[0]}': compare them with --against")


def _try_several(
    policies: Mapping[str, Policy], days: Window, as_json: bool, connect: Callable[[], Ports], ports: Ports
) -> int:
    """Returns 1 if one could not be tried, after the others."""
    tests, problems = try_fleet(policies, days, _test, connect, ports)
    if as_json:
        print_json([_document(name, test) for name, test in tests.items()])
    elif tests:
        print_fleet(tests, days)
    print_untried(problems)
    return 1 if problems else 0


def _train(
    policies: Mapping[str, Policy],
    days: Window,
    metric: str | None,
    again: bool,
    with_all: bool,
    as_json: bool,
    page: Path | None,
    ports: Ports,
) -> None:
    with packages_for_data("backtest --train"):
        from .trained_back_tests import print_champions, train_back_tests, trained_document

        trained = train_back_tests(policies, days, metric, again, ports)
    tests = {each.name: each.test for each in trained}
    if page:
        write_page(page, back_test_page(tests, trained), "--page")
    if as_json:
        print_json([_document(each.name, each.test) | trained_document(each) for each in trained])
        return
    _print_summary(tests, days, TRAINED_CAVEAT, trained_summary(trained))
    print_champions(trained)
    _print_decisions(tests, with_all, is_trained=True)


def _policy(name: str, ports: Ports) -> Policy:
    if _is_file(name):
        return read_policy_file(Path(name))
    return policy_of(name, ports).policy


def _test(policy: Policy, days: Window, ports: Ports) -> BackTest:
    with packages_for_data("backtest"):
        from ..bootstrap import simulation_of
        from ..usecases.back_testing.back_test import try_policy

        return try_policy(policy, days, simulation_of, ports)


def _document(name: str, test: BackTest) -> dict[str, object]:
    decisions = [decision.model_dump(mode="json") for decision in test.decisions]
    return back_test_document(name, test) | {"decisions": decisions}


def _print_summary(tests: Mapping[str, BackTest], days: Window, note: str, more: Sequence[Sequence[str]] = ()) -> None:
    (first, *_) = tests.values()
    say(f"{first.model_name}, {days}")
    say(note)
    print_table(["", *tests], [*summary(tests), *more])


def _print_decisions(tests: Mapping[str, BackTest], with_all: bool, is_trained: bool) -> None:
    rows = [
        (decision.at, moment(decision.at), name, decision)
        for name, test in tests.items()
        for decision in (test.decisions if with_all else test.starts)
    ]
    rows.sort(key=lambda row: row[0])
    headings = ["AT", *(["POLICY"] if len(tests) > 1 else []), "TRIGGER", "WHAT", "LATER", "REASON"]
    if rows:
        say("")
        cells = [_row(at, name, decision, len(tests) > 1, is_trained) for _, at, name, decision in rows]
        print_table(headings, cells)


def _row(at: str, name: str, decision: PastDecision, with_name: bool, is_trained: bool) -> Sequence[str]:
    ended = decision.ending if is_trained else None
    what = (decision.held_by or ended or decision.outcome).replace("_", " ")
    trigger = decision.trigger_type.value.replace("_", " ")
    later = decision.needed or "-"
    return [at, *([name] if with_name else []), trigger, what, later, one_line(decision.reason)]
