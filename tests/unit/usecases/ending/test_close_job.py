"""Every job ends, its lease is released, and a failed execution ends red."""

import json
from typing import Any

import pytest

from auto_retrain.domain.cost import RecentCost
from auto_retrain.domain.ending import Ending
from auto_retrain.domain.errors import AwsRefused, EventsUnavailable
from auto_retrain.domain.events import FactEvent
from auto_retrain.domain.messages.ending import ClosingRequest, ExecutionStatusChange
from auto_retrain.domain.prices import PriceList, list_prices
from auto_retrain.domain.status import RetrainingStatus
from auto_retrain.usecases.ending.close_job import close_job
from tests.unit.announced import announced
from tests.unit.builders import NOON
from tests.unit.usecases.world import EXECUTION, MANUAL, World, rows

ABORTED = ExecutionStatusChange.model_validate(
    {"source": "aws.states", "detail": {"executionArn": EXECUTION, "status": "ABORTED", "name": "one"}}
)
FORCED = {**MANUAL, "force": True}


def test_a_promoted_challenger_ends_green() -> None:
    world = World()
    job_id = world.scored_job(rows(500, 0.95), rows(500, 0.88))
    world.validate(job_id)
    world.deploy(job_id)
    outcome = world.close(decision={"job_id": job_id})
    job, state = world.job(job_id), world.ports.states.get("churn")
    assert (outcome.next, outcome.status) == ("succeed", RetrainingStatus.COMPLETED)
    assert (job.deployed, job.pending, job.completed_at) == (True, None, NOON)
    assert (state.active_job, state.last_retrained_at) == (None, NOON)
    assert [event.topic for event in announced(world.ports)] == ["job_opened", "job_promoted"]


def test_only_a_job_that_trained_nothing_counts_as_skipped() -> None:
    world = World()
    job_id = world.scored_job(rows(500, 0.89), rows(500, 0.88))
    world.validate(job_id)
    outcome = world.close(decision={"job_id": job_id})
    assert (outcome.ending, outcome.metrics) == (Ending.REJECTED, {})


def test_a_rejected_challenger_is_a_normal_green_end() -> None:
    world = World()
    job_id = world.scored_job(rows(500, 0.89), rows(500, 0.88))
    world.validate(job_id)
    outcome = world.close(decision={"job_id": job_id})
    assert (outcome.next, world.job(job_id).deployed) == ("succeed", False)
    assert announced(world.ports)[-1].topic == "job_rejected"
    assert "was not deployed (reject)" in announced(world.ports)[-1].sentence


def test_a_failed_step_ends_red_with_the_message_and_without_the_stack_trace() -> None:
    world = World()
    job_id = world.open()
    cause = json.dumps({"errorType": "DataMissing", "errorMessage": "no training data", "stackTrace": ["..."]})
    outcome = world.close(decision={"job_id": job_id}, error={"Error": "DataMissing", "Cause": cause})
    job = world.job(job_id)
    assert (outcome.next, outcome.error, outcome.reason) == ("fail", "DataMissing", "DataMissing: no training data")
    assert (job.status, job.error) == (RetrainingStatus.FAILED, "DataMissing: no training data")
    assert world.ports.states.get("churn").owner_at(NOON) is None
    assert announced(world.ports)[-1].topic == "job_failed"


@pytest.mark.parametrize("broken", ["\ud800", "\udfff and \x00"], ids=ascii)
def test_a_step_that_fails_with_half_a_character_in_its_message_ends_as_any_other(broken: str) -> None:
    world = World()
    job_id = world.check(MANUAL).job_id
    outcome = world.close(
        decision={"job_id": job_id},
        error={"Error": "ValueError", "Cause": json.dumps({"errorMessage": f"cannot read '{broken}'"})},
    )
    assert outcome.status is RetrainingStatus.FAILED
    assert outcome.reason.encode().isascii()
    assert world.job(job_id).model_dump_json()
    assert world.job(job_id).ending is Ending.FAILED


def test_an_execution_that_opened_nothing_fails_with_its_reason() -> None:
    outcome = World().close(error={"Error": "EventInvalid", "Cause": "model_name: required"})
    assert (outcome.next, outcome.error, outcome.reason) == ("fail", "EventInvalid", "model_name: required")


def test_a_job_whose_first_state_died_before_it_returned_the_id_is_found() -> None:
    world = World()
    job_id = world.open()
    world.close(error={"Error": "Lambda.Unknown", "Cause": ""})
    assert world.job(job_id).status is RetrainingStatus.FAILED


def test_an_aborted_execution_leaves_no_lease_behind() -> None:
    world = World()
    job_id = world.open()
    outcome = close_job(ABORTED, world.ports)
    assert outcome.next == "fail"
    assert "ended from outside: ABORTED" in (world.job(job_id).error or "")
    assert world.ports.states.get("churn").owner_at(NOON) is None


def test_the_end_of_an_execution_without_a_job_changes_nothing() -> None:
    assert close_job(ABORTED, World().ports).status is None


def test_closing_again_changes_nothing_but_notifies_again_with_the_same_id() -> None:
    world = World()
    job_id = world.open()
    error = {"Error": "Test", "Cause": "stopped"}
    first = world.close(decision={"job_id": job_id}, error=error)
    job = world.job(job_id)
    assert world.close(decision={"job_id": job_id}, error=error) == first
    assert world.job(job_id) == job
    ids = [event.event_id for event in announced(world.ports)]
    assert ids[-1] == ids[-2]


def test_a_deployment_stands_when_something_fails_after_it() -> None:
    world = World()
    job_id = world.scored_job(rows(500, 0.95))
    world.validate(job_id)
    world.deploy(job_id)
    outcome = close_job(ClosingRequest(execution_arn=EXECUTION, state={"error": {"Error": "E"}}), world.ports)
    assert (outcome.next, world.job(job_id).status) == ("succeed", RetrainingStatus.COMPLETED)


def test_an_execution_that_ends_before_deploying_is_a_failure() -> None:
    world = World()
    job_id = world.scored_job(rows(500, 0.95))
    world.validate(job_id)
    assert world.close(decision={"job_id": job_id}).next == "fail"


def test_an_error_of_the_first_state_is_read_although_it_replaced_the_input() -> None:
    outcome = World().close(Error="EventInvalid", Cause="the input is a JSON str and no object")
    assert (outcome.next, outcome.error) == ("fail", "EventInvalid")
    assert "no object" in outcome.reason


def test_a_profile_that_cannot_be_stored_does_not_fail_a_deployed_job() -> None:
    world = World()
    job_id = world.scored_job(rows(500, 0.95))
    world.validate(job_id)
    world.deploy(job_id)
    error = {"Error": "DataChanged", "Cause": "an object has changed since it was listed"}
    outcome = world.close(decision={"job_id": job_id}, profile_error=error)
    assert outcome.next == "succeed"
    assert world.job(job_id).status is RetrainingStatus.COMPLETED


@pytest.mark.parametrize(("error", "is_tried_again"), [(EventsUnavailable("away"), True), (AwsRefused("never"), False)])
def test_an_end_that_the_bus_did_not_take_stays_to_be_announced_if_that_can_help(
    error: Exception, is_tried_again: bool
) -> None:
    world = World()
    job_id = world.open()

    def refuse(event: FactEvent) -> None:
        raise error

    world.ports.events.publish = refuse  # type: ignore[method-assign]
    assert world.close(decision={"job_id": job_id}).next == "fail"
    assert world.job(job_id).announced is not is_tried_again


def test_a_trigger_that_the_job_itself_came_from_is_not_started_again() -> None:
    world = World()
    job_id = world.open()
    second = world.check(FORCED, "arn:second")
    (waiting,) = world.ports.waiting.of("churn")
    world.close(decision={"job_id": job_id})
    opened = world.check(FORCED, "arn:second")
    world.ports.waiting.add(waiting)  # as if the function had died before it was removed
    world.close(decision={"job_id": opened.job_id})
    assert second.held_by == "running_job"
    assert len(world.ports.executions.started) == 1
    assert world.ports.waiting.of("churn") == []


@pytest.mark.parametrize("profile", [{"used": {"calls": 1, "gb_seconds": 60.0}}, {"used": None}, {}, None, "odd"])
def test_what_profiling_the_data_used_is_part_of_what_the_job_cost(profile: Any) -> None:
    world = World()
    job_id = world.open()
    world.close(profile=profile)
    world.close(profile=profile)
    job = world.job(job_id)
    assert job.cost is not None
    counted = isinstance(profile, dict) and bool(profile.get("used"))
    assert ("profile_data" in job.usage.functions) == counted
    assert (job.cost.functions > 0.001) == counted


def test_prices_that_cannot_be_read_change_no_ending_and_are_in_the_record() -> None:
    world = World()
    job_id = world.open()
    world.ports.prices.list = PriceList(prices=list_prices(), problem="prices/2026-03.json: not there")
    world.close()
    job = world.job(job_id)
    assert job.cost is not None
    assert (job.ending, job.cost.problem) == (Ending.FAILED, "prices/2026-03.json: not there")


def test_people_read_the_forecast_when_a_job_starts_and_the_cost_when_it_ends() -> None:
    world = World()
    world.ports.states.set(
        world.ports.states.get("churn").changed(costs=[RecentCost(like="1 x 1 CPU, 2 GiB, 0 GPU, any", usd=0.04)])
    )
    world.open()
    world.close()
    started, ended = [event.sentence for event in announced(world.ports)]
    assert started.endswith("(forecast $0.04, like the last one)")
    assert ended.endswith("(cost $0.0002, forecast $0.04)")
