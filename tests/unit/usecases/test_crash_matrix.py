"""A function that dies before or after any of its calls, and is started again, leaves what it always leaves."""

from contextlib import suppress
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.ending import Ending
from auto_retrain.domain.errors import AutoRetrainError, JobConflict
from auto_retrain.domain.messages.promoting import ReviewOrder
from auto_retrain.domain.messages.references import JobReference, ScheduledEvent
from auto_retrain.domain.model_state import ModelState
from auto_retrain.proof.canonical import canonical_object
from auto_retrain.usecases.ending.close_job import close_job
from auto_retrain.usecases.promoting.await_review import await_review
from auto_retrain.usecases.promoting.review import review_challenger
from auto_retrain.usecases.triggering.detect_drift import detect_drift
from auto_retrain.usecases.validating.judge_proxy import judge_proxy
from auto_retrain.usecases.watching import watch_jobs as watching
from tests.unit.announced import announced
from tests.unit.audited import audit_problems
from tests.unit.builders import NOON
from tests.unit.usecases.drift_world import SWEPT, break_live, without_age, world_with_features
from tests.unit.usecases.interruptions import Moment, OutsideCalls, Prepare, Step, copied, die, moments, table
from tests.unit.usecases.stages import (
    ABORTED,
    aborted,
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
    with_waiting,
)
from tests.unit.usecases.validating.proxy_world import ProxyWorld, answers
from tests.unit.usecases.world import EXECUTION, MANUAL, World, rows

FAILED = {"Error": "TrainingFailed", "Cause": "killed"}


def nothing(world: World, job_id: str) -> None:
    """Nothing follows."""


class Case(NamedTuple):
    """A step that dies at each of its calls, what is done instead of it afterwards, and what follows."""

    name: str
    prepare: Prepare
    step: Step
    again: Step | None = None
    then: Step = nothing


def drifted() -> tuple[World, str]:
    world = world_with_features(live_age=80)
    world.give_champion()
    return world, ""


def broken() -> tuple[World, str]:
    world, _ = drifted()
    break_live(world, without_age)
    return world, ""


def repaired() -> tuple[World, str]:
    world, _ = broken()
    drift(world, "")
    sound = world_with_features(live_age=40)
    world.ports.tables.by_uri = sound.ports.tables.by_uri
    return world, ""


@copied
def forged() -> tuple[World, str]:
    """A challenger that was rejected, although its trainer let it serve."""
    world = World()
    job_id = world.scored_job(rows(500, 0.80), rows(500, 0.88))
    world.validate(job_id)
    world.ports.registry.set_champion("churn", "2")
    return with_waiting(world), job_id


def reviewable() -> tuple[World, str]:
    world, _ = fresh()
    world.check = lambda: check_with_review(world)  # type: ignore[method-assign]
    job_id = world.scored_job(rows(500, 0.95), rows(500, 0.88))
    world.validate(job_id)
    return world, job_id


def check_with_review(world: World) -> Any:
    return World.check(world, {**MANUAL, "review": True})


def under_review() -> tuple[World, str]:
    world, job_id = reviewable()
    ask(world, job_id)
    return world, job_id


def abandoned() -> tuple[World, str]:
    """The job of an execution that ended without closing it."""
    world, job_id = running()
    world.ports.executions.ended.add(EXECUTION)
    world.ports.executions.heartbeat = lambda token: False  # type: ignore[method-assign]
    world.ports.clock.advance(timedelta(minutes=10))
    return world, job_id


@copied
def proxied() -> tuple[World, str]:
    """A job whose proxy is no better than the champion, and waits to be judged."""
    world = ProxyWorld()
    world.given_champion(0.9)
    job_id = world.triggered(NOON + timedelta(days=2))
    assert job_id is not None
    world.planned(job_id)
    world.start(job_id, "proxy")
    world.leave_proxies(job_id, champion=0.9, half=0.9, whole=0.9)
    return world, job_id


SECOND = {**MANUAL, "reason": "second", "force": True}


def just_ended() -> tuple[World, str]:
    """The job that owns the model ends while a request is being checked that has seen it run."""
    world, _ = opened()
    states, read = world.ports.states, world.ports.states.get

    def ends(model_name: str) -> ModelState:
        states.get = read  # type: ignore[method-assign]
        state = read(model_name)
        world.close(error=FAILED)
        return state

    states.get = ends  # type: ignore[method-assign]
    return world, ""


def check_second(world: World, job_id: str) -> None:
    with suppress(JobConflict):
        world.check(SECOND, f"{EXECUTION}-second")


def abort_second(world: World, job_id: str) -> None:
    close_job(aborted(f"{EXECUTION}-second", SECOND), world.ports)
    world.close(error=FAILED)


def drift(world: World, job_id: str) -> None:
    undecided = world.check(SWEPT)
    if undecided.next == "detect_drift":
        detect_drift(undecided, world.ports)


def ask(world: World, job_id: str) -> None:
    await_review(ReviewOrder(job_id=job_id, task_token="token"), world.ports)


def approve(world: World, job_id: str) -> None:
    review_challenger(job_id, True, "ada", "fine", world.ports)


def watch(world: World, job_id: str) -> None:
    watching.watch_jobs(ScheduledEvent(time=NOON), world.ports)


def watch_later(world: World, job_id: str) -> None:
    """The next pass, when everything is old enough to be touched."""
    world.ports.executions.ended.add(EXECUTION)
    world.ports.executions.heartbeat = lambda token: False  # type: ignore[method-assign]
    world.ports.clock.advance(timedelta(minutes=10))
    watch(world, job_id)


def close(**state: Any) -> Step:
    return lambda world, job_id: world.close(decision={"job_id": job_id}, **state)


def judge(world: World, job_id: str) -> None:
    judge_proxy(JobReference(job_id=job_id), world.ports)


def train_in_vain(world: World, job_id: str) -> None:
    """What follows if the state machine never gets the answer of a proxy."""
    world.start(job_id, "train")
    world.train(job_id)
    world.start(job_id, "score")
    world.leave_scores(job_id, v2=answers(0.8, 2), v1=answers(0.9, 1))
    world.validate(job_id)
    close()(world, job_id)


def deploy_and_close(world: World, job_id: str) -> None:
    world.deploy(job_id)
    close()(world, job_id)


def outcome(world: World, job_id: str) -> dict[str, Any]:
    """What people, executions and the stores can see."""
    ports, state = world.ports, world.ports.states.get("churn")
    job = ports.jobs.get(job_id or (state.active_job or ""))
    line = ports.ledger.current("churn")
    # Each event is sent to people once, however often it is published.
    events = {event.event_id: event.topic for event in announced(ports)}
    return {
        "status": job and job.status.value,
        "ending": job and job.ending,
        "pending": job and job.pending and job.pending.kubernetes_job and job.pending.kind,
        "is owner": bool(job and state.active_job == job.job_id),
        "alias": ports.registry.champion("churn"),
        "ledger": line and (line.version.number, line.sequence),
        "deployed": bool(job and job.deployed),
        "attempts": (state.fence, len(state.attempts)),
        "decisions": [decision.outcome for decision in ports.decisions.recent("churn", 9)],
        "told": list(events.values()),
        "kubernetes jobs": [kubernetes_job.kind for kubernetes_job in ports.cluster.list_jobs().jobs],
        "waiting": len(ports.waiting.of("churn")),
        "executions": len(ports.executions.started),
        "unannounced": len(ports.jobs.list_unannounced()),
        "quarantine": state.quarantine is not None,
        "chain": chain_of(ports),
        "answers": [answer[0] for answer in ports.executions.answers[-1:]],
    }


def chain_of(ports: MemoryPorts) -> list[str]:
    """The kinds of facts in the audit chain, which holds and has each record and no fact twice.

    Decided again, the same occasion may get another decision, which is another fact.
    """
    assert audit_problems(ports) == []
    return sorted({canonical_object(entry.text)["kind"] for entry in ports.audit.entries("churn")})


CASES = (
    Case("check_triggers", fresh, lambda world, job_id: world.check()),
    Case("check_triggers, which sees the job end, and is aborted", just_ended, check_second, again=abort_second),
    Case("detect_drift, which opens a job", drifted, drift),
    Case("detect_drift, which sets a quarantine", broken, drift),
    Case("detect_drift, which lifts a quarantine", repaired, drift),
    Case("start_job, to examine", divided, lambda world, job_id: world.start(job_id, "check"), then=close()),
    Case("check_data, of what pods have examined", examined, check_data_of, then=close()),
    Case("start_job, to train", opened, lambda world, job_id: world.start(job_id, "train")),
    Case("judge_proxy, which refuses", proxied, judge, then=close()),
    Case("start_job, to score", trained, lambda world, job_id: world.start(job_id, "score")),
    Case("validate_model", scored, lambda world, job_id: world.validate(job_id), then=deploy_and_close),
    Case("await_review", reviewable, ask),
    Case("a review", under_review, approve),
    Case("deploy_model", validated, lambda world, job_id: world.deploy(job_id), then=close()),
    Case("close_job, promoted", deployed, close()),
    Case("close_job, promoted, and only the watcher goes on", deployed, close(), again=watch_later),
    Case("close_job, failed", running, close(error=FAILED)),
    Case("close_job, failed, without the id of the job", running, lambda world, job_id: world.close(error=FAILED)),
    Case("close_job, rejected, while the trainer has moved the alias", forged, close()),
    Case("close_job, by an event", running, lambda world, job_id: close_job(ABORTED, world.ports)),
    Case(
        "close_job, by an event, and only the watcher goes on",
        running,
        lambda world, job_id: close_job(ABORTED, world.ports),
        again=watch_later,
    ),
    Case("watch_jobs, which closes an abandoned job", abandoned, watch),
)


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the calls of the watcher have an order."""
    monkeypatch.setattr(watching, "PARALLEL_STEPS", 1)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_step_that_dies_at_any_call_and_is_repeated_leaves_what_it_always_leaves(case: Case) -> None:
    expected = undisturbed(case)
    problems = {moment: problem(case, moment, expected) for moment in moments(case.prepare, case.step)}
    assert not any(problems.values()), table(problems)


def test_a_job_that_trains_although_a_proxy_refused_ends_as_what_it_was() -> None:
    for moment in moments(proxied, judge):
        world, job_id = proxied()
        OutsideCalls(world.ports, moment, die).run(lambda world=world, job_id=job_id: judge(world, job_id))
        train_in_vain(world, job_id)
        job = world.job(job_id)
        assert (job.ending, job.skipped) == (Ending.REJECTED, None), moment
        assert job.summary().startswith("churn version 2 was not deployed"), moment


def undisturbed(case: Case) -> dict[str, Any]:
    world, job_id = case.prepare()
    case.step(world, job_id)
    return afterwards(case, world, job_id)


def afterwards(case: Case, world: World, job_id: str) -> dict[str, Any]:
    (case.again or case.step)(world, job_id)
    case.then(world, job_id)
    return outcome(world, job_id)


def problem(case: Case, moment: Moment, expected: dict[str, Any]) -> str | None:
    """How the outcome differs if the step dies at this moment."""
    world, job_id = case.prepare()
    OutsideCalls(world.ports, moment, die).run(lambda: case.step(world, job_id))
    try:
        actual = afterwards(case, world, job_id)
    except AutoRetrainError as error:
        return f"{type(error).__name__}: {error}"
    differences = [
        f"{name}: {actual[name]} instead of {expected[name]}" for name in expected if actual[name] != expected[name]
    ]
    return "; ".join(differences) or None
