"""How retrainings end, through the real state machine and the functions as packaged."""

from datetime import timedelta

from auto_retrain.domain.receipt import transitions_of
from auto_retrain.domain.status import RetrainingStatus
from auto_retrain.domain.trigger_type import TriggerType
from tests.workflow.world import ALL_THE_WAY, NEWER_IMAGE, NOW, TINY_IMAGE, World


def test_a_first_model_becomes_champion(world: World) -> None:
    model = world.given_model()
    ended = world.retrain(model)
    assert (ended.status, ended.path) == ("SUCCEEDED", ALL_THE_WAY)
    assert world.registry.champion(model) == "1"
    assert ended.job is not None
    assert (ended.job.status, ended.job.deployed) == (RetrainingStatus.COMPLETED, True)
    assert world.is_free(model)
    assert transitions_of(ended.job) == 1 + len(ended.path)
    assert ended.job.forecast is not None
    assert ended.job.cost is not None
    assert (ended.job.forecast.usd, ended.job.cost.problem, ended.job.cost.total > 0) == (None, None, True)
    measured = {name for name, use in ended.job.usage.functions.items() if use.calls and use.gb_seconds}
    saving = {"check_triggers", "check_data", "start_job", "validate_model", "deploy_model", "close_job"}
    assert measured == saving | {"profile_data"}
    assert {step: use.seconds is None for step, use in ended.job.usage.pods.items()} == {"train": False, "score": False}


def test_a_better_challenger_replaces_the_champion_and_is_recorded_in_the_ledger(world: World) -> None:
    model = world.given_model()
    world.given_champion(model, accuracy=0.88)
    ended = world.retrain(model, accuracy=0.95)
    line = world.ledger.current(model)
    assert ended.path == ALL_THE_WAY
    assert line is not None
    assert (line.version.number, line.previous_version, line.sequence) == ("2", "1", 2)
    assert world.registry.champion(model) == "2"
    assert ended.job is not None
    assert ended.job.validation is not None
    assert (ended.job.validation.accuracy, ended.job.validation.metrics["accuracy"].champion) == (0.95, 0.88)


def test_a_champion_is_scored_in_the_image_that_trained_it(world: World) -> None:
    model = world.given_model()
    world.given_champion(model, accuracy=0.88)
    world.given_model(model, training={"image": NEWER_IMAGE})

    ended = world.retrain(model, accuracy=0.95)

    assert ended.job is not None
    assert (ended.job.champion.files.image, ended.job.challenger.files.image) == (TINY_IMAGE, NEWER_IMAGE)
    assert world.images_of(f"{ended.job.job_id}-score-1") == [TINY_IMAGE, NEWER_IMAGE]
    assert ended.job.validation is not None
    assert (ended.job.validation.accuracy, ended.job.validation.metrics["accuracy"].champion) == (0.95, 0.88)
    assert world.registry.champion(model) == "2"


def test_a_challenger_that_gains_too_little_ends_green_and_changes_nothing(world: World) -> None:
    model = world.given_model()
    world.given_champion(model, accuracy=0.9)
    ended = world.retrain(model, accuracy=0.92)
    assert ended.status == "SUCCEEDED"
    assert "DeployModel" not in ended.path
    assert world.registry.champion(model) == "1"
    assert ended.job is not None
    assert (ended.job.status, ended.job.deployed) == (RetrainingStatus.COMPLETED, False)
    assert transitions_of(ended.job) == 1 + len(ended.path)


def test_a_healthy_model_is_left_alone_after_a_drift_check(world: World) -> None:
    model = world.given_model()
    world.states.record_retrain(model, NOW)
    world.publish_accuracy(model, (NOW - timedelta(days=1)).date(), 0.95)
    ended = world.run({"model_name": model, "trigger_type": "scheduled", "event_time": NOW.isoformat()})
    assert ended.status == "SUCCEEDED"
    assert ended.path == ["CheckTriggers", "ChooseStart", "DetectDrift", "ChooseStart", "NotDue"]
    assert "does not exceed 0.25" in ended.decision["reason"]
    assert ended.job is None


def test_drifted_features_start_a_retraining_although_accuracy_holds(world: World) -> None:
    model = world.given_model(drifted=True)
    world.states.record_retrain(model, NOW)
    world.publish_accuracy(model, (NOW - timedelta(days=1)).date(), 0.95)
    ended = world.run({"model_name": model, "trigger_type": "data_drift", "event_time": NOW.isoformat()})
    assert ended.job is not None
    assert ended.job.trigger_type is TriggerType.DATA_DRIFT
    assert "of 'age' exceeds 0.25" in ended.job.trigger_reason
    assert ended.job.deployed
    assert transitions_of(ended.job) == 1 + len(ended.path)


def test_an_alarm_starts_a_retraining_of_the_model_in_its_dimension(world: World) -> None:
    model = world.given_model()
    world.states.record_retrain(model, NOW)
    world.stack.client("cloudwatch").put_metric_alarm(
        AlarmName=f"auto-retrain-local-model-{model}",
        Namespace="AutoRetrain/Models",
        MetricName="accuracy",
        Dimensions=[{"Name": "Model", "Value": model}],
        Statistic="Average",
        Period=86400,
        EvaluationPeriods=1,
        Threshold=0.92,
        ComparisonOperator="LessThanThreshold",
    )
    world.publish_accuracy(model, (NOW - timedelta(days=1)).date(), 0.8)
    (ended,) = world.executions_of(model)
    assert ended.status == "SUCCEEDED"
    assert ended.job is not None
    assert ended.job.trigger_type is TriggerType.PERFORMANCE_DEGRADATION
    assert ended.job.deployed


def test_a_sweep_starts_what_is_due_once(world: World) -> None:
    model = world.given_model(triggers={"enabled": ["scheduled"]})
    for hours in (0, 1):
        world.stack.fire_schedule("SweepScheduleRule", NOW + timedelta(hours=hours))
        world.stack.wait_until_idle(90)
    (ended,) = world.executions_of(model)
    assert ended.job is not None
    assert ended.job.trigger_type is TriggerType.SCHEDULED
    assert ended.job.deployed


def test_a_model_is_retrained_by_one_execution_at_a_time(world: World) -> None:
    model = world.given_model()
    event = {"model_name": model, "actor": "tests", "reason": "twice", "event_time": NOW.isoformat(), "force": True}
    arns = [world.start(event) for _ in range(2)]
    world.stack.wait_until_idle(90)
    jobs = [world.ended(arn).job for arn in arns]
    reasons = [world.ended(arn).decision["reason"] for arn in arns]
    assert [world.ended(arn).status for arn in arns] == ["SUCCEEDED"] * 2
    assert sum(job is not None for job in jobs) == 1
    assert any("already" in reason for reason in reasons)


def test_small_models_are_trained_and_scored_in_batches(world: World) -> None:
    models = [world.given_model(training={"batched": True}) for _ in range(3)]
    event = {"actor": "tests", "reason": "together", "event_time": NOW.isoformat(), "force": True}
    arns = [world.start({**event, "model_name": model}) for model in models]
    failing = {"model_name": world.given_model(training={"batched": True}), "parameters": {"exit_code": 65}}
    broken = world.start({**event, **failing})
    world.stack.wait_until_idle(90)

    for ended in map(world.ended, arns):
        assert (ended.status, ended.path) == ("SUCCEEDED", ALL_THE_WAY)
        assert ended.job is not None
        assert ended.job.deployed
        assert not world.stack.cluster.has_job(f"{ended.job.job_id}-train-1")
    assert world.ended(broken).status == "FAILED"
    assert "the column 'plan' is missing" in world.ended(broken).cause


def test_nothing_is_trained_if_a_comparison_would_be_inconclusive(world: World) -> None:
    model = world.given_model(validation={"min_holdout_rows": 5000})
    event = {"model_name": model, "actor": "tests", "reason": "not forced", "event_time": NOW.isoformat()}
    ended = world.run(event)
    assert (ended.status, ended.path) == (
        "SUCCEEDED",
        ["CheckTriggers", "ChooseStart", "CheckData", "ChooseTraining", "CloseJob", "ChooseEnding", "Closed"],
    )
    assert ended.job is not None
    assert (ended.job.status, ended.job.started_at) == (RetrainingStatus.COMPLETED, None)
    assert ended.job.skipped == (
        "not trained: 2000 holdout rows have a label, 5000 are needed (validation.min_holdout_rows)"
    )
    assert world.is_free(model)


def test_rows_in_both_windows_end_a_job_before_its_training(world: World) -> None:
    model = world.given_model()
    shared = NOW.date() - timedelta(days=9)
    content = world.object_of(model, shared)
    world.put_object(model, NOW.date() - timedelta(days=2), content)
    ended = world.retrain(model)
    assert (ended.status, ended.error) == ("FAILED", "DataInvalid")
    assert "400 row ids of the holdout (20.0%) are in the training window as well" in ended.cause
    assert "StartTraining" not in ended.path


def test_the_report_of_a_job_is_stored_with_it(world: World) -> None:
    model = world.given_model()
    ended = world.retrain(model)
    assert ended.job is not None
    assert ended.job.report_uri is not None
    bucket, _, key = ended.job.report_uri.removeprefix("s3://").partition("/")
    page = world.stack.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    assert f"<title>{model}: promote</title>" in page
    assert ended.job.validation is not None
    assert ended.job.validation.validation_hash in page


def test_a_replay_by_a_person_gives_the_same_verdict(world: World) -> None:
    model = world.given_model()
    world.given_champion(model, accuracy=0.88)
    ended = world.retrain(model, accuracy=0.9)
    assert ended.job is not None
    assert ended.job.validation is not None
    command = world.run_command("replay", ended.job.job_id)
    assert command.returncode == 0, command.stderr + command.stdout
    decision, _, *verdict = command.stdout.splitlines()
    assert decision == f"{ended.job.job_id}: the same decision, started, with the same hash"
    assert verdict == [
        f"{ended.job.job_id}: the same verdict, reject, with the same hash",
        ended.job.validation.validation_hash,
    ]
