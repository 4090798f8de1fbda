"""Something else happens between two calls of a function that goes on: an abort, a person, another execution."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from auto_retrain.domain.cluster import ClusterJobPhase
from auto_retrain.domain.errors import AutoRetrainError
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.usecases.ending.close_job import close_job
from auto_retrain.usecases.triggering.open_job import LEASE
from auto_retrain.usecases.watching import watch_jobs as watching
from tests.unit.announced import announced
from tests.unit.audited import audit_problems
from tests.unit.usecases.interruptions import Moment, OutsideCalls, Prepare, Step, die, moments, table
from tests.unit.usecases.stages import (
    ABORTED,
    check_data_of,
    deployed,
    divided,
    examined,
    fresh,
    opened,
    running,
    scored,
    trained,
    validated,
)
from tests.unit.usecases.world import EXECUTION, MANUAL, World

Judge = Callable[[World, str], str | None]

SECOND = {**MANUAL, "reason": "second", "force": True}


def nothing(world: World, job_id: str) -> None:
    """Nothing follows."""


class Case(NamedTuple):
    """A step during which something else happens, what follows, and what would be wrong then."""

    name: str
    prepare: Prepare
    step: Step
    event: Step
    judge: Judge
    then: Step = nothing
    known: frozenset[str] = frozenset()


def deploy(world: World, job_id: str) -> None:
    world.deploy(job_id)


def train(world: World, job_id: str) -> None:
    world.start(job_id, "train")


def examine(world: World, job_id: str) -> None:
    world.start(job_id, "check")


def score(world: World, job_id: str) -> None:
    world.start(job_id, "score")


def check(world: World, job_id: str) -> None:
    world.check()


def check_again(world: World, job_id: str) -> None:
    world.check(SECOND, f"{EXECUTION}-second")


def validate(world: World, job_id: str) -> None:
    world.validate(job_id)


def close(world: World, job_id: str) -> None:
    world.close(decision={"job_id": job_id})


def close_whatever_came(world: World, job_id: str) -> None:
    """What the state machine does after deploy_model, which may have been refused."""
    failure = {} if world.job(job_id).deployed else {"error": {"Error": "ChampionConflict", "Cause": ""}}
    world.close(decision={"job_id": job_id}, **failure)


def abort(world: World, job_id: str) -> None:
    """The execution is aborted, and the event about it closes the job."""
    world.ports.executions.ended.add(EXECUTION)
    close_job(ABORTED, world.ports)


def die_and_abort(world: World, job_id: str) -> None:
    """The function dies, and its execution is aborted before it is retried."""
    die()


def move_alias(world: World, job_id: str) -> None:
    """A person lets another version serve."""
    world.ports.registry.register("churn", "7")
    world.ports.registry.set_champion("churn", "7")


def take_over(world: World, job_id: str) -> None:
    """The lease expires, and another execution takes it."""
    world.ports.clock.advance(LEASE + timedelta(seconds=1))
    check_again(world, job_id)


def watch(world: World, job_id: str) -> None:
    """Some passes, when everything is old enough to be touched; the cluster in memory runs in real time."""
    world.ports.executions.heartbeat = lambda token: False  # type: ignore[method-assign]
    world.ports.clock.advance(max(datetime.now(UTC) - world.ports.clock.now(), timedelta()))
    for _ in range(3):
        world.ports.clock.advance(timedelta(minutes=5))
        watching.watch_jobs(ScheduledEvent(), world.ports)


def abort_and_watch(world: World, job_id: str) -> None:
    abort(world, job_id)
    watch(world, job_id)


def told(world: World) -> list[str]:
    """The kinds of events that people were sent, each event once."""
    return list({event.event_id: event.topic for event in announced(world.ports)}.values())


def serves_what_the_records_say(world: World, job_id: str) -> str | None:
    job, line = world.job(job_id), world.ports.ledger.current("churn")
    serves = world.ports.registry.champion("churn") == "2"
    is_in_ledger = line is not None and line.version.number == "2"
    is_promoted = job.deployed and job.status.value == "completed"
    if serves == is_in_ledger == is_promoted:
        return None
    return f"alias: {serves}, ledger: {is_in_ledger}, job {job.status.value}"


def a_person_wins_and_people_know(world: World, job_id: str) -> str | None:
    if world.ports.registry.champion("churn") != "7":
        return "their choice was overwritten"
    return None if "alias_moved" in told(world) else "nobody knows that the alias and the ledger differ"


def nothing_is_left(world: World, job_id: str) -> str | None:
    left = [job.name for job in world.ports.cluster.list_jobs().jobs if job.phase is ClusterJobPhase.ACTIVE]
    active, unannounced = world.ports.jobs.list_active(), world.ports.jobs.list_unannounced()
    if left or active or unannounced or world.ports.states.get("churn").active_job:
        return f"left: {left}, {len(active)} active and {len(unannounced)} unannounced jobs"
    is_opened = world.ports.jobs.list_recent("churn", 1) != []
    return None if ("job_failed" in told(world)) == is_opened else f"told: {told(world)}"


def failed_and_nothing_changed(world: World, job_id: str) -> str | None:
    status, serving = world.job(job_id).status.value, world.ports.registry.champion("churn")
    return None if (status, serving) == ("failed", "1") else f"job {status}, version {serving} serves"


def deployed_completely_or_not_at_all(world: World, job_id: str) -> str | None:
    line = world.ports.ledger.current("churn")
    states = (world.ports.registry.champion("churn") == "2", line is not None, world.job(job_id).deployed)
    return None if len(set(states)) == 1 else f"alias, ledger and job: {states}"


def one_job_and_the_other_waits(world: World, job_id: str) -> str | None:
    jobs, waiting = world.ports.jobs.list_recent("churn", 9), world.ports.waiting.of("churn")
    return None if (len(jobs), len(waiting)) == (1, 1) else f"{len(jobs)} jobs, {len(waiting)} waiting"


def no_trigger_is_lost(world: World, job_id: str) -> str | None:
    """Each of two requests has led to a job or a new execution, or waits for a job that runs."""
    waiting, started = world.ports.waiting.of("churn"), world.ports.executions.started
    if waiting and world.ports.states.get("churn").active_job is None:
        return "a trigger waits for nothing"
    served = len(world.ports.jobs.list_recent("churn", 9)) + len(started) + len(waiting)
    return None if served >= 2 else "a request is lost"


def told_once_and_started_once(world: World, job_id: str) -> str | None:
    kinds, started = told(world), world.ports.executions.started
    return (
        None
        if (kinds, len(started)) == (["job_opened", "job_promoted"], 1)
        else f"told: {kinds}, {len(started)} executions"
    )


# MLflow has no compare-and-set: whoever moves the alias between our last look and our move is overwritten.
OVERWRITTEN = frozenset({"after registry.champion (2)", "before registry.set_champion"})

CASES = (
    Case(
        "an abort while deploy_model runs",
        validated,
        step=deploy,
        event=abort,
        judge=serves_what_the_records_say,
    ),
    Case(
        "deploy_model dies before an abort",
        validated,
        step=deploy,
        event=die_and_abort,
        then=abort_and_watch,
        judge=serves_what_the_records_say,
    ),
    Case(
        "another execution takes the lease while deploy_model runs",
        validated,
        step=deploy,
        event=take_over,
        judge=deployed_completely_or_not_at_all,
    ),
    Case(
        "a person moves the alias while deploy_model runs",
        validated,
        step=deploy,
        event=move_alias,
        then=close_whatever_came,
        judge=a_person_wins_and_people_know,
        known=OVERWRITTEN,
    ),
    Case("an abort while start_job has parts examined", divided, examine, abort, nothing_is_left, watch),
    Case("an abort while check_data merges them", examined, check_data_of, abort, nothing_is_left, watch),
    Case("an abort while start_job trains", opened, train, abort, nothing_is_left, watch),
    Case("an abort while start_job scores", trained, score, abort, nothing_is_left, watch),
    Case("an abort while check_triggers runs", fresh, check, abort, nothing_is_left, watch),
    Case("an abort while validate_model runs", scored, validate, abort, failed_and_nothing_changed),
    Case("another execution while check_triggers runs", fresh, check, check_again, one_job_and_the_other_waits),
    Case("another execution while close_job runs", running, close, check_again, no_trigger_is_lost),
    Case("close_job while close_job runs", deployed, close, close, told_once_and_started_once),
)


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the calls of the watcher have an order."""
    monkeypatch.setattr(watching, "PARALLEL_STEPS", 1)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_whatever_happens_between_two_calls_leaves_nothing_wrong_but_what_is_known(case: Case) -> None:
    problems = {moment: problem(case, moment) for moment in moments(case.prepare, case.step)}
    wrong = {" ".join(moment) for moment, text in problems.items() if text}
    assert wrong == case.known, table(problems)


def problem(case: Case, moment: Moment) -> str | None:
    world, job_id = case.prepare()
    calls = OutsideCalls(world.ports, moment, lambda: case.event(world, job_id))
    with suppress(AutoRetrainError):  # a refusal is an answer, too
        calls.run(lambda: case.step(world, job_id))
    case.then(world, job_id)
    return case.judge(world, job_id) or "; ".join(audit_problems(world.ports)) or None
