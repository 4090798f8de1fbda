"""Before or after any call of a rollout the process dies, its execution ends, or a person moves alias or weights."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import NamedTuple

import pytest

from auto_retrain.domain.errors import AutoRetrainError
from auto_retrain.domain.messages.rolling_out import RollbackRequest
from auto_retrain.domain.policy.validation import MIN_ACCURACY_FLOOR
from auto_retrain.usecases.audit.record import FACTS_LOG
from auto_retrain.usecases.ending.close_job import close_job
from auto_retrain.usecases.rolling_out.reconcile import reconcile
from auto_retrain.usecases.rolling_out.roll_back import roll_back
from tests.unit.announced import announced
from tests.unit.audited import audit_problems
from tests.unit.usecases.interruptions import OutsideCalls, Prepare, Step, copied, die, moments, table
from tests.unit.usecases.rollout_stages import (
    at_first_weight,
    at_last_weight,
    promoted,
    serving,
    shadowing,
    unhealthy,
    validated,
    wanted,
)
from tests.unit.usecases.stages import ABORTED
from tests.unit.usecases.world import EXECUTION, World


def deploy(world: World, job_id: str) -> None:
    world.deploy(job_id)


def take_back(world: World, job_id: str) -> None:
    roll_back(RollbackRequest(model_name="churn", actor="ada", reason="it is wrong"), world.ports)


def abort(world: World, job_id: str) -> None:
    world.ports.executions.ended.add(EXECUTION)
    close_job(ABORTED, world.ports)


def reconcile_all(world: World, job_id: str) -> None:
    """What the watcher of rollouts does about alias and traffic, a few times."""
    for _ in range(3):
        world.ports.clock.advance(timedelta(minutes=1))
        applied, until = world.ports.policies.get("churn"), world.ports.clock.now() + timedelta(minutes=1)
        problems: list[str] = []
        for record, _evidence in world.ports.ledger.list_open():
            reconcile(record, applied, until, problems, world.ports)
        assert problems == []


class Change(NamedTuple):
    """A change of what serves, the world before it, and the versions' shares after it.

    A person's command is newer than whatever alias and traffic are; until it has been read back, it replaces them.
    """

    name: str
    prepare: Prepare
    step: Step
    weights: dict[str, float]
    is_command: bool = False


CHANGES = (
    Change("the first weight", copied(validated), deploy, {"1": 95, "2": 5}),
    Change("the first copies", copied(shadowing), deploy, {"1": 100}),
    Change("the next weight", copied(at_first_weight), deploy, {"1": 75, "2": 25}),
    Change("a promotion", copied(at_last_weight), deploy, {"2": 100}),
    Change("a promotion by a person", copied(wanted), deploy, {"2": 100}, is_command=True),
    Change("a challenger taken back", copied(unhealthy), deploy, {"1": 100}),
    Change("a challenger taken back by a person", copied(at_last_weight), take_back, {"1": 100}, is_command=True),
    Change("a champion taken back by a person", copied(promoted), take_back, {"1": 100}, is_command=True),
    Change("the end of the execution", copied(at_last_weight), abort, {"1": 100}),
)
# MLflow has no compare-and-set: whoever moves the alias between our last look and our move is overwritten.
OVERWRITTEN = {
    ("a promotion", "move_alias"): {"after registry.champion", "before registry.set_champion"},
}


def broken_invariant(world: World, job_id: str) -> str | None:
    """What is wrong once everything has been reconciled, also with the audit chain."""
    if audit := audit_problems(world.ports):
        return "; ".join(audit)
    record, job, alias = serving(world), world.job(job_id), world.ports.registry.champion("churn")
    route = world.ports.weights.routes["churn"]
    if record.champion is None:
        return None if (alias, dict(route.weights)) == ("1", {"1": 100}) else f"no champion, alias {alias}, {route}"
    lines = world.ports.ledger.lines("churn", 99)[::-1]
    kinds = [(line.change, line.weight, line.version.number) for line in lines]
    checks = {
        f"alias {alias}, champion {record.champion.version.number}": alias == record.champion.version.number,
        f"route {route}, record {record.desired}": record.desired is not None and route.follows(record.desired),
        f"conflict {record.conflict}": record.conflict is None,
        f"lines {kinds}": len(set(kinds)) == len(kinds)
        and [line.sequence for line in lines] == list(range(1, len(lines) + 1)),
        f"job {job.status.value} beside a promotion": (
            not job.status.is_terminal or record.ended is None or (record.ended.outcome == "promoted") == job.deployed
        ),
        "a rollout of a job that has ended": record.rollout is None or not job.status.is_terminal,
        "below the floor": job.validation is not None and (job.validation.accuracy or 0) >= MIN_ACCURACY_FLOOR,
        "too much for an unproven version": record.rollout is None
        or route.weights.get("2", 0) <= record.rollout.weight,
    }
    return "; ".join(what for what, holds in checks.items() if not holds) or None


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
@pytest.mark.parametrize("then", ["rerun", "reconcile"])
def test_a_process_that_dies_leaves_nothing_that_is_not_finished(change: Change, then: str) -> None:
    problems = {}
    for moment in moments(change.prepare, change.step):
        world, job_id = change.prepare()
        OutsideCalls(world.ports, moment, die).run(partial(change.step, world, job_id))
        if then == "rerun":
            change.step(world, job_id)
        reconcile_all(world, job_id)
        weights = dict(world.ports.weights.routes["churn"].weights)
        unfinished = f"{weights}" if then == "rerun" and weights != change.weights else None
        problems[moment] = broken_invariant(world, job_id) or unfinished
    print(table(problems))
    assert not any(problems.values()), table(problems)


def abort_and_reconcile(world: World, job_id: str) -> None:
    abort(world, job_id)
    reconcile_all(world, job_id)


@pytest.mark.parametrize("change", CHANGES[:-1], ids=lambda change: change.name)
@pytest.mark.parametrize("dies", [False, True])
def test_an_execution_that_ends_between_two_calls_leaves_nothing_wrong(change: Change, dies: bool) -> None:
    problems = {}
    for moment in moments(change.prepare, change.step):
        world, job_id = change.prepare()
        event = die if dies else partial(abort, world, job_id)
        with suppress(AutoRetrainError):
            OutsideCalls(world.ports, moment, event).run(partial(change.step, world, job_id))
        abort_and_reconcile(world, job_id)
        problems[moment] = broken_invariant(world, job_id)
    print(table(problems))
    assert not any(problems.values()), table(problems)


def move_alias(world: World) -> None:
    world.ports.registry.set_champion("churn", "7")


def move_weights(world: World) -> None:
    world.ports.weights.move("churn", {"1": 60, "2": 40})


def move_everything(world: World) -> None:
    world.ports.weights.move("churn", {"7": 100})


def lost_choice(world: World, move: Callable[[World], None]) -> str | None:
    """How a person's choice was not respected, or is missing in the audit chain."""
    if audit := audit_problems(world.ports):
        return "; ".join(audit)
    record, alias = serving(world), world.ports.registry.champion("churn")
    weights = dict(world.ports.weights.routes["churn"].weights)
    told = {event.topic for event in announced(world.ports)}
    if "alias_moved" not in told:
        return "nobody was told"
    if move is move_weights:
        kept = weights == {"1": 60, "2": 40} and record.conflict is not None
        return None if kept else f"overwritten: {weights}, conflict {record.conflict}"
    if move is move_everything and weights == {"7": 100} and record.conflict:
        return None  # of a target that has never followed us we take nothing over
    return None if (alias, weights) == ("7", {"7": 100}) else f"overwritten: alias {alias}, {weights}"


@pytest.mark.parametrize("change", CHANGES[:-1], ids=lambda change: change.name)
@pytest.mark.parametrize("move", [move_alias, move_weights, move_everything])
def test_a_person_who_moves_something_between_two_calls_wins(change: Change, move: Callable[[World], None]) -> None:
    problems = {}
    for moment in moments(change.prepare, change.step):
        world, job_id = change.prepare()
        with suppress(AutoRetrainError):
            OutsideCalls(world.ports, moment, partial(move, world)).run(partial(change.step, world, job_id))
        for _ in range(2):
            with suppress(AutoRetrainError):
                world.close(decision={"job_id": job_id}, error={"Error": "E", "Cause": "e"})
            reconcile_all(world, job_id)
        commanded = change.is_command and dict(world.ports.weights.routes["churn"].weights) == change.weights
        problems[moment] = broken_invariant(world, job_id) if commanded else lost_choice(world, move)
    print(table(problems))
    wrong = {" ".join(moment) for moment, problem in problems.items() if problem}
    assert wrong == OVERWRITTEN.get((change.name, move.__name__), set()), table(problems)


ABOUT_SERVING = {"champion_adopted", "weight_set", "mirror_set", "promoted", "version_taken_back"}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_every_change_has_one_line_in_the_ledger_and_one_fact(change: Change, caplog: pytest.LogCaptureFixture) -> None:
    world, job_id = change.prepare()
    before = serving(world).sequence
    caplog.set_level("INFO", FACTS_LOG)
    change.step(world, job_id)
    recorded = [fact["kind"] for entry in caplog.records if (fact := vars(entry).get("fact"))]
    lines = world.ports.ledger.lines("churn", serving(world).sequence - before)
    assert len([kind for kind in recorded if kind in ABOUT_SERVING]) == len(lines) > 0
