"""Many people ask for the same busy model: each request leads to at most one retraining, and few executions wait."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from auto_retrain.adapters.memory.outside import MemoryExecutions
from auto_retrain.domain.errors import JobConflict, RequestRefused
from auto_retrain.domain.messages.ending import ClosingRequest, ExecutionStatusChange
from auto_retrain.domain.model_state import ModelState
from auto_retrain.domain.waiting_trigger import CLAIM, MAX_WAITING_REQUESTS
from auto_retrain.pipeline import AutoRetrainPipeline
from auto_retrain.usecases.ending.close_job import close_job
from tests.unit.usecases.stages import aborted
from tests.unit.usecases.world import MANUAL, World, rows

FAILED = {"Error": "Test", "Cause": "stopped"}


def end(world: World, job_id: str) -> None:
    state = {"decision": {"job_id": job_id}, "error": FAILED}
    close_job(ClosingRequest(execution_arn=world.job(job_id).execution_arn, state=state), world.ports)


def carry_out(world: World) -> None:
    """Begin every execution that was started and end every job that they open, until nothing is left."""
    begun: set[str] = set()
    while pending := sorted(set(world.ports.executions.started) - begun):
        for name in pending:
            begun.add(name)
            world.check(dict(world.ports.executions.started[name]), execution=f"arn:x:{name}")
        for job in world.ports.jobs.list_active():
            end(world, job.job_id)


def request(number: int) -> dict[str, Any]:
    return {**MANUAL, "reason": f"request {number}", "force": True}


def test_sixteen_requests_for_a_busy_model_make_few_executions_and_the_dropped_ones_say_so() -> None:
    world = World()
    job_id = world.open()
    decisions = [world.check(request(number), execution=f"arn:request-{number}") for number in range(16)]
    dropped = [decision for decision in decisions if "wait for its end already" in decision.reason]
    assert len(dropped) == 16 - MAX_WAITING_REQUESTS
    assert {decision.held_by for decision in decisions} == {"running_job"}
    end(world, job_id)
    carry_out(world)
    assert len(world.ports.executions.started) == sum(range(MAX_WAITING_REQUESTS + 1))
    retrained = Counter(job.trigger_reason for job in world.ports.jobs.list_recent("churn", 99))
    assert len(retrained) == 1 + MAX_WAITING_REQUESTS
    assert set(retrained.values()) == {1}
    assert world.ports.waiting.of("churn") == []


def test_a_person_is_told_at_once_that_enough_requests_wait() -> None:
    world = World()
    job_id = world.open()
    for number in range(MAX_WAITING_REQUESTS):
        world.check(request(number), execution=f"arn:request-{number}")
    pipeline = AutoRetrainPipeline(world.ports, actor="ada", decision_seconds=0)
    with pytest.raises(RequestRefused, match=f"job '{job_id}' is retraining 'churn', and 5 manual requests wait"):
        pipeline.start_retrain_job("churn", reason="one more")
    assert world.ports.executions.started == {}


def test_a_repeated_check_of_a_request_that_waits_is_not_crowded_out_by_itself() -> None:
    world = World()
    world.open()
    for number in (*range(MAX_WAITING_REQUESTS), 0):
        assert "already;" not in world.check(request(number), execution=f"arn:request-{number}").reason


def test_a_request_that_is_restarted_while_its_own_execution_sees_the_job_end_is_carried_out_once() -> None:
    world = World()
    job_id = world.open()
    read = world.ports.states.get

    def ends_and_restarts(model_name: str) -> ModelState:
        if world.ports.waiting.of(model_name):
            world.ports.states.get = read  # type: ignore[method-assign]
            end(world, job_id)
        return read(model_name)

    world.ports.states.get = ends_and_restarts  # type: ignore[method-assign]
    decision = world.check(request(1), execution="arn:request-1")
    assert (decision.next, decision.held_by) == ("skip", "running_job")
    carry_out(world)
    reasons = [job.trigger_reason for job in world.ports.jobs.list_recent("churn", 9)]
    assert reasons.count("requested by ada: request 1") == 1


def test_a_restart_whose_answer_was_lost_is_not_repeated_after_the_next_job(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    job_id = world.open()
    world.check(request(1), execution="arn:request-1")
    start = world.ports.executions.start

    def starts_and_dies(name: str, event: Any) -> str | None:
        start(name, event)
        raise ConnectionError("the function dies here")

    monkeypatch.setattr(world.ports.executions, "start", starts_and_dies)
    with pytest.raises(ConnectionError):
        end(world, job_id)
    monkeypatch.setattr(world.ports.executions, "start", start)
    second = world.check({**MANUAL, "reason": "another", "force": True}, execution="arn:another").job_id
    assert second is not None
    end(world, second)
    assert len(world.ports.executions.started) == 1


def test_a_request_whose_job_has_just_ended_goes_on_itself() -> None:
    world = World()
    job_id = world.open()
    world.ports.executions = MemoryExecutions()
    read, calls = world.ports.states.get, []

    def has_ended(model_name: str) -> ModelState:
        calls.append(model_name)
        state = read(model_name)
        return state if len(calls) == 1 else state.changed(active_job=None, lease_expires_at=None)

    world.ports.states.get = has_ended  # type: ignore[method-assign]
    with pytest.raises(JobConflict, match="has just ended"):
        world.check(request(1), execution="arn:request-1")
    world.ports.states.get = read  # type: ignore[method-assign]
    end(world, job_id)
    assert world.ports.executions.started == {}
    assert world.check(request(1), execution="arn:request-1").next == "start"
    assert world.ports.waiting.of("churn") == []


def test_a_request_that_is_held_for_another_reason_after_all_does_not_wait() -> None:
    world = World()
    job_id = world.scored_job(rows(20, 1.0))
    world.check({**MANUAL, "reason": "again"}, execution="arn:again")
    end(world, job_id)
    (event,) = world.ports.executions.started.values()
    assert world.check(dict(event), execution="arn:x").held_by == "cool_down"
    assert world.check({**MANUAL, "reason": "again"}, execution="arn:again").held_by == "cool_down"
    assert world.ports.waiting.of("churn") == []


def test_requests_whose_executions_died_with_their_claim_do_not_keep_later_ones_out() -> None:
    world = World()
    job_id = world.open()
    for number in range(MAX_WAITING_REQUESTS):
        decision = world.check(request(number), execution=f"arn:request-{number}")
        (mine,) = [one for one in world.ports.waiting.of("churn") if one.execution_arn == decision.execution_arn]
        assert world.ports.waiting.claim(mine, decision.execution_arn)
    close_job(aborted("arn:request-0", request(0)), world.ports)
    assert len(world.ports.waiting.of("churn")) == MAX_WAITING_REQUESTS - 1
    world.ports.clock.advance(CLAIM + timedelta(seconds=1))
    end(world, job_id)
    carry_out(world)
    assert len(world.ports.jobs.list_recent("churn", 99)) == MAX_WAITING_REQUESTS
    assert world.ports.waiting.of("churn") == []


@pytest.mark.parametrize("text", [None, "", "[]", "{", '{"model_name": "churn"}', '{"model_name": 1}', "[" * 100_000])
def test_an_aborted_execution_with_any_input_is_closed(text: str | None) -> None:
    world = World()
    world.open()
    world.check(request(1), execution="arn:request-1")
    event = ExecutionStatusChange.model_validate(
        {"detail": {"executionArn": "arn:request-2", "status": "ABORTED", "input": text}}
    )
    assert close_job(event, world.ports).next == "fail"
    assert len(world.ports.waiting.of("churn")) == 1


def test_a_delayed_ending_does_not_start_a_request_again_that_has_become_a_job() -> None:
    world = World()
    first = world.open()
    world.check(request(1), execution="arn:request-1")
    (waiting,) = world.ports.waiting.of("churn")
    end(world, first)
    assert world.check(request(1), execution="arn:request-1").next == "start"
    world.ports.waiting.add(waiting)  # as if its execution had died before it removed it
    started = len(world.ports.executions.started)
    end(world, first)
    assert len(world.ports.executions.started) == started
    assert world.ports.waiting.of("churn") == []
