"""What starts a retraining and what holds it back, through the real state machine and the functions as packaged."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auto_retrain.domain.status import RetrainingStatus
from auto_retrain.domain.trigger_type import TriggerType
from tests.workflow.world import NOW, World

ALARM = json.loads((Path(__file__).parents[1] / "data/events/cloudwatch_alarm_lambda_action.json").read_text())
DAY = timedelta(days=1)
YESTERDAY = (NOW - DAY).date()


def swept(world: World, model: str, kind: str) -> list[Any]:
    """Executions of a model that were started for one kind of trigger."""
    return [ended for ended in world.executions_of(model) if f"-{kind}-" in ended.arn]


def test_performance_falls_and_a_better_model_is_deployed(world: World) -> None:
    model = world.given_model()
    world.given_champion(model, accuracy=0.88)
    world.states.record_retrain(model, NOW)
    # Only whole days count on which this champion has served.
    world.publish_accuracy(model, (NOW + 2 * DAY).date(), 0.88)
    world.sweep(NOW + 2 * DAY)
    (ended,) = swept(world, model, "performance-degradation")
    assert ended.job is not None
    assert (ended.job.trigger_type, ended.job.status) == (
        TriggerType.PERFORMANCE_DEGRADATION,
        RetrainingStatus.COMPLETED,
    )
    assert ended.job.deployed
    assert ended.job.validation is not None
    assert (ended.job.validation.improvement or 0) > 0.05
    assert world.registry.champion(model) == "2"
    decision = world.decisions.recent(model, 1)[0]
    assert decision.outcome == "started"
    assert "accuracy 0.8800 of version 1, which has served since 2026-03-01 12:0" in decision.reason


def test_psi_exceeds_its_limit_while_accuracy_holds_and_a_report_is_written(world: World) -> None:
    model = world.given_model(drifted=True)
    world.states.record_retrain(model, NOW)
    world.publish_accuracy(model, YESTERDAY, 0.95)
    world.sweep(NOW)
    (ended,) = swept(world, model, "data-drift")
    assert ended.job is not None
    assert ended.job.trigger_type is TriggerType.DATA_DRIFT
    verdicts = {verdict.check: verdict for verdict in ended.job.trigger_verdicts}
    assert verdicts["performance_degradation"].outcome.value == "unmet"
    assert verdicts["data_drift:age"].met
    assert verdicts["data_drift:age"].p_value == pytest.approx(0, abs=0.001)
    assert ended.job.deployed
    s3, bucket = world.stack.client("s3"), world.stack.outputs["ArtifactsBucketName"]

    def reported() -> bool:
        listing = s3.list_objects_v2(Bucket=bucket, Prefix=f"jobs/{ended.job.job_id}/report/psi.json")
        return bool(listing.get("Contents"))

    world.wait_for("the drift report", reported)
    profile = s3.get_object(Bucket=bucket, Key=f"profiles/{model}/1.json")["Body"].read()
    assert {feature["feature"] for feature in json.loads(profile)["features"]} == {"age", "plan"}


def test_a_weekly_schedule_retrains_five_models_and_deploys_only_what_is_better(world: World) -> None:
    weekly = {"enabled": ["scheduled"], "schedule_expression": "0 0 * * 0"}
    models = [f"gl-{number:03}" for number in range(1, 6)]
    for number, model in enumerate(models):
        parameters = {"accuracy": 0.88 if number == 4 else 0.95}
        world.given_model(model, days=30, triggers=weekly, training={"parameters": parameters})
        world.given_champion(model, accuracy=0.88, at=NOW - 3 * DAY)
    sunday = NOW
    world.sweep(sunday)
    for number, model in enumerate(models):
        (ended,) = swept(world, model, "scheduled")
        assert ended.status == "SUCCEEDED"
        assert ended.job is not None
        assert ended.job.trigger_type is TriggerType.SCHEDULED
        assert ended.job.deployed is (number != 4)
        assert world.states.get(model).last_retrained_at == sunday
    world.sweep(sunday + timedelta(minutes=5))
    assert all(len(swept(world, model, "scheduled")) == 1 for model in models)


def test_a_trigger_whose_model_is_busy_is_judged_again_when_the_job_has_ended(world: World) -> None:
    model = world.given_model()
    event = {"model_name": model, "actor": "tests", "reason": "first", "event_time": NOW.isoformat(), "force": True}
    first = world.start({**event, "parameters": {"sleep": 3}})
    world.wait_for("the first job", lambda: not world.is_free(model))
    second = world.start({**event, "reason": "second"})
    world.wait_for("the second to wait", lambda: len(world.decisions.recent(model, 9)) == 2)
    executions = world.executions_of(model)
    assert world.ended(second).decision["held_by"] == "running_job"
    again = [ended for ended in executions if ended.arn not in (first, second)]
    assert [ended.status for ended in again] == ["SUCCEEDED"]
    assert again[0].job is not None
    assert again[0].job.trigger_reason == "requested by tests: second"
    assert world.waiting.of(model) == []


def test_broken_data_are_quarantined_until_they_are_repaired(world: World) -> None:
    model = world.given_model(drifted=True)
    world.states.record_retrain(model, NOW)
    world.publish_accuracy(model, YESTERDAY, 0.95)
    world.put_day(model, YESTERDAY, without="age")
    drift_check = {"model_name": model, "trigger_type": "data_drift", "event_time": NOW.isoformat()}
    assert world.run(drift_check).decision["held_by"] == "quarantine"
    held = world.retrain(model)
    assert held.job is None
    assert "quarantined since" in held.decision["reason"]
    assert "lacks the columns age" in held.decision["reason"]
    world.put_day(model, YESTERDAY, age=60.0)
    repaired = world.run(drift_check)
    assert repaired.job is not None
    assert repaired.job.deployed
    assert world.states.get(model).quarantine is None


@pytest.mark.parametrize("state", ["ALARM", "OK", "INSUFFICIENT_DATA"])
def test_an_alarm_may_invoke_the_function_directly_and_repeatedly(world: World, state: str) -> None:
    model = world.given_model()
    world.states.record_retrain(model, NOW)
    world.publish_accuracy(model, YESTERDAY, 0.8)
    event = json.loads(json.dumps(ALARM).replace("churn", model))
    event["alarmData"]["state"]["value"] = state
    outcomes = [invoke(world, "ReceiveAlarmFunction", event) for _ in range(2)]
    executions = world.executions_of(model)
    if state == "ALARM":
        (ended,) = executions
        assert ended.job is not None
        assert ended.job.trigger_type is TriggerType.PERFORMANCE_DEGRADATION
    else:
        assert outcomes[0]["ignored"] == f"its state is {state}, only ALARM calls for a retraining"
        assert executions == []


def invoke(world: World, logical_id: str, event: dict[str, Any]) -> dict[str, Any]:
    functions = world.stack.client("lambda").list_functions()["Functions"]
    (name,) = (function["FunctionName"] for function in functions if logical_id in function["FunctionName"])
    answer = world.stack.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
    assert "FunctionError" not in answer
    outcome: dict[str, Any] = json.loads(answer["Payload"].read())
    return outcome


def test_a_rejected_challenger_makes_the_next_cool_down_longer(world: World) -> None:
    # The newest days have no rows yet, so the last retraining would be skipped as not worth its training.
    model = world.given_model(training={"parameters": {"accuracy": 0.9}}, validation={"min_power": 0})
    world.given_champion(model, accuracy=0.9)
    world.states.record_retrain(model, NOW)
    for days in (2, 3, 4):
        world.publish_accuracy(model, (NOW + days * DAY).date(), 0.85)
        world.run(
            {
                "model_name": model,
                "trigger_type": "performance_degradation",
                "event_time": (NOW + days * DAY).isoformat(),
            }
        )
    assert [decision.outcome for decision in world.decisions.recent(model, 3)] == ["started", "suppressed", "started"]
    assert world.decisions.recent(model, 2)[1].held_by == "back_off"
    assert world.states.get(model).rejected_in_a_row == 2
