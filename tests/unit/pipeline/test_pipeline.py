"""The facade does what the functions do, and is safe to share."""

import json
import os
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest

import auto_retrain
from auto_retrain import (
    AutoRetrainPipeline,
    BackTest,
    PerformanceDegradationTrigger,
    RetrainingStatus,
    RetrainingTrigger,
    ScheduledTrigger,
    TriggerConfig,
    TriggerType,
)
from auto_retrain.bootstrap import DeployedPorts
from auto_retrain.domain.errors import (
    ArtifactInvalid,
    ChangeRefused,
    EventInvalid,
    IllegalTransition,
    JobConflict,
    JobUnknown,
    LocalStackMissing,
    ModelUnknown,
    PolicyConflict,
    PolicyInvalid,
    PromotionRefused,
    RetrainingHeld,
)
from auto_retrain.domain.metric_reading import MetricReading
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.policy.policy import AppliedPolicy, PolicyStatus
from auto_retrain.domain.serving import ServingRecord
from auto_retrain.domain.trained_back_test import BackTestResult, TrainedBackTest
from auto_retrain.domain.validation import Decision
from auto_retrain.domain.windows import Window
from auto_retrain.usecases.operating.policies import pause_model
from auto_retrain.usecases.triggering.await_decision import await_decision
from auto_retrain.usecases.triggering.request_retraining import request_retraining
from local.paths import CORE, ROOT
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.world import World, rows


def pipeline_on(world: World) -> AutoRetrainPipeline:
    # Executions in these worlds are only recorded, so there is no decision to wait for.
    return AutoRetrainPipeline(world.ports, actor="ada", decision_seconds=0)


def test_every_public_name_exists() -> None:
    assert all(getattr(auto_retrain, name) is not None for name in auto_retrain.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        _ = auto_retrain.Nonsense


def test_triggers_are_configured_as_a_new_version_of_the_policy() -> None:
    world = World()
    applied = pipeline_on(world).configure_trigger("churn", TriggerConfig(drift_threshold=0.3))
    assert (applied.version, applied.policy.triggers.drift_threshold, applied.applied_by) == (2, 0.3, "ada")
    with pytest.raises(ModelUnknown):
        pipeline_on(world).configure_trigger("nobody", TriggerConfig())


def test_a_concurrent_change_by_someone_else_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    policies, read = world.ports.policies, world.ports.policies.get

    def change_after_reading(model_name: str) -> AppliedPolicy | None:
        applied = read(model_name)
        policies.apply(a_policy(owner="bob"), "bob", NOON)
        return applied

    monkeypatch.setattr(policies, "get", change_after_reading)
    with pytest.raises(PolicyConflict, match="is now at version 2, not 1"):
        pipeline_on(world).configure_trigger("churn", TriggerConfig(drift_threshold=0.3))
    assert policies.history("churn")[0].policy.owner == "bob"


def test_a_paused_model_stays_paused_when_its_triggers_are_configured() -> None:
    world = World()
    pause_model("churn", "audit", "bob", world.ports)
    applied = pipeline_on(world).configure_trigger("churn", TriggerConfig(drift_threshold=0.3))
    assert (applied.version, applied.status, applied.note) == (3, PolicyStatus.PAUSED, "audit")


def test_the_same_triggers_again_change_nothing() -> None:
    world = World()
    applied = pipeline_on(world).configure_trigger("churn", world.policy.triggers)
    assert applied.version == 1


def test_a_check_starts_nothing() -> None:
    world = World()
    world.ports.states.record_retrain("churn", NOON)
    world.ports.data._partitions.clear()
    assert not pipeline_on(world).check_retrain_needed("churn")
    world.ports.metrics.readings["churn"] = MetricReading(value=0.5, rows=5000, points=30, newest_at=NOON)
    assert pipeline_on(world).check_retrain_needed("churn")
    assert not world.ports.executions.started


def test_a_disabled_trigger_is_not_judged() -> None:
    world = World()
    pipeline = pipeline_on(world)
    pipeline.configure_trigger("churn", TriggerConfig(enabled=("performance_degradation",)))
    assert not pipeline.check_retrain_needed("churn")


def test_a_trigger_gives_its_reason() -> None:
    world = World()
    trigger: RetrainingTrigger = PerformanceDegradationTrigger(world.ports)
    world.ports.metrics.readings["churn"] = MetricReading(value=0.5, rows=5000, points=30, newest_at=NOON)
    needed, reason = trigger.should_retrain("churn")
    assert needed
    assert "accuracy 0.5000 is below 0.92" in reason
    assert trigger.get_trigger_type() is TriggerType.PERFORMANCE_DEGRADATION


@pytest.mark.parametrize("kind", ["scheduled", int, None])
def test_what_is_no_trigger_is_refused_with_an_example(kind: Any) -> None:
    with pytest.raises(TypeError, match=r"kind .*: must be a class of a trigger, such as ScheduledTrigger"):
        pipeline_on(World()).trigger(kind)


def test_a_trigger_that_cannot_be_judged_calls_for_no_retraining() -> None:
    assert PerformanceDegradationTrigger(World().ports).should_retrain("churn") == (
        False,
        "no accuracy was published in the window",
    )


def test_a_retraining_recorded_by_hand_satisfies_the_schedule() -> None:
    world = World()
    trigger = ScheduledTrigger(world.ports)
    assert trigger.should_retrain("churn")[0]
    trigger.record_retrain("churn")
    assert not trigger.should_retrain("churn")[0]


def test_the_started_job_has_the_returned_id() -> None:
    world = World()
    job_id = pipeline_on(world).start_retrain_job("churn", {"max_depth": 3}, reason="new labels")
    ((name, event),) = world.ports.executions.started.items()
    decision = world.check(
        dict(event), execution=f"arn:aws:states:eu-central-1:123456789012:execution:retraining:{name}"
    )
    assert decision.job_id == job_id
    assert world.job(job_id).training_parameters == {"max_depth": 3}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"rate": float("nan")}, "parameters"),
        ({"layers": np.arange(3)}, "parameters.layers"),
        ({"depth": np.int64(3)}, "parameters.depth"),
        ({"big": "x" * 16_000}, "at most 16000 are allowed"),
        ({"rate": Decimal("0.1")}, "parameters.rate"),
        ("max_iter", "parameters = 'max_iter': must be a mapping"),
    ],
)
def test_parameters_that_an_execution_cannot_carry_are_refused(config: Any, message: str) -> None:
    world = World()
    with pytest.raises(EventInvalid, match=message):
        pipeline_on(world).start_retrain_job("churn", config)
    assert not world.ports.executions.started


def test_a_start_without_a_reason_or_a_policy_is_refused() -> None:
    world = World()
    with pytest.raises(EventInvalid, match="reason = ''"):
        pipeline_on(world).start_retrain_job("churn", reason="")
    with pytest.raises(ModelUnknown, match="'nobody'"):
        pipeline_on(world).start_retrain_job("nobody")
    with pytest.raises(EventInvalid, match="trigger_type 'weekly': must be one of: performance_degradation, "):
        pipeline_on(world).start_retrain_job("churn", None, "weekly")  # type: ignore[arg-type]
    assert not world.ports.executions.started


def test_jobs_started_from_many_threads_never_share_an_id() -> None:
    world = World()
    pipeline = pipeline_on(world)

    def start(number: int) -> str | None:
        try:
            return pipeline.start_retrain_job("churn", trigger_type=TriggerType.MANUAL, reason=str(number))
        except JobConflict:
            return None

    with ThreadPoolExecutor(8) as pool:
        ids = [job_id for job_id in pool.map(start, range(16)) if job_id]
    assert len(ids) == len(set(ids)) == len(world.ports.executions.started) == 1


def test_a_start_that_is_held_back_says_by_what_and_what_to_do() -> None:
    world = World()
    pause_model("churn", "audit", "bob", world.ports)
    with pytest.raises(
        RetrainingHeld, match="'churn' is not retrained: paused: audit; resume the model, or ask"
    ) as held:
        pipeline_on(world).start_retrain_job("churn")
    assert held.value.held_by == "paused"
    world.ports.clock.advance(timedelta(seconds=1))
    assert pipeline_on(world).request_retraining("churn", reason="again", force=True).outcome == "expected"


def test_force_reaches_the_execution() -> None:
    world = World()
    pipeline_on(world).start_retrain_job("churn", force=True)
    ((_, event),) = world.ports.executions.started.items()
    assert event["force"] is True


def test_a_request_for_a_busy_model_gives_the_job_that_it_waits_for(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    job_id = world.open()
    assert pipeline_on(world).start_retrain_job("churn") == job_id
    assert f"it waits for the end of job '{job_id}'" in caplog.text


def test_a_start_waits_for_the_decision_of_its_execution_and_no_longer() -> None:
    world, waits = World(), []
    requested = request_retraining("churn", world.ports, actor="ada", reason="new labels")

    def decide_late(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            world.check(execution=requested.execution_arn)

    decided = await_decision(requested, 30, world.ports, decide_late)
    assert (decided.outcome, decided.job_to_follow, len(waits)) == ("opened", requested.job_id, 3)
    another = requested.changed(execution_arn="arn:another", job_id="churn-other")
    waits.clear()
    assert await_decision(another, 2, world.ports, waits.append) == another
    assert sum(waits) == 2


def test_a_trigger_that_does_not_call_for_a_retraining_gives_no_id_of_a_job() -> None:
    pipeline = AutoRetrainPipeline.in_memory(at=NOON)
    pipeline.apply_policy({**a_policy().model_dump(mode="json"), "triggers": {"enabled": ["performance_degradation"]}})
    with pytest.raises(RetrainingHeld, match="no accuracy was published in the window") as held:
        pipeline.start_retrain_job("churn", trigger_type=TriggerType.PERFORMANCE_DEGRADATION)
    assert held.value.held_by is None


def test_the_time_zone_the_alarms_and_the_budget_stay_unless_others_are_given() -> None:
    world = World(a_policy(triggers={"time_zone": "Europe/Berlin", "alarms": ["late"], "budget_month_usd": 5}))
    pipeline = pipeline_on(world)
    kept = pipeline.configure_trigger("churn", TriggerConfig(drift_threshold=0.3)).policy.triggers
    assert (kept.time_zone, kept.alarms, kept.drift_threshold) == ("Europe/Berlin", ("late",), 0.3)
    assert kept.budget_month_usd == 5
    others = TriggerConfig(time_zone="UTC", alarms=(), budget_month_usd=None)
    changed = pipeline.configure_trigger("churn", others).policy.triggers
    assert (changed.time_zone, changed.alarms, changed.budget_month_usd) == ("UTC", (), None)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"drift_threshold": -1}, "drift_threshold = -1"),
        ({"drift_treshold": 1}, "drift_treshold"),
        ({"alarms": {1}}, "it must consist of texts, numbers, lists and mappings"),
        ("churn.yaml", "'churn.yaml': must be a mapping of fields, such as yaml.safe_load makes of a file"),
    ],
)
def test_triggers_may_be_given_as_a_mapping_whose_mistakes_are_named(config: Any, message: str) -> None:
    world = World()
    with pytest.raises(PolicyInvalid, match=message):
        pipeline_on(world).configure_trigger("churn", config)
    applied = pipeline_on(world).configure_trigger("churn", {"drift_threshold": 0.3, "enabled": ["data_drift"]})
    assert (applied.version, applied.policy.triggers.enabled) == (2, ("data_drift",))


def test_options_are_settings_and_others_are_refused_with_those_that_exist() -> None:
    pipeline = AutoRetrainPipeline(table_name="jobs", namespace="ml", region="eu-west-1")
    ports = pipeline._ports
    assert isinstance(ports, DeployedPorts)
    assert (ports._settings.table_name, ports._settings.job_namespace) == ("jobs", "ml")
    assert ports._client("dynamodb").meta.region_name == "eu-west-1"
    assert ports.account._client("sts").meta.region_name == "eu-west-1"  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match=r"did you mean 'cluster_name'.*there are artifacts_bucket, cluster_name"):
        AutoRetrainPipeline(eks_cluster_name="production")
    with pytest.raises(TypeError, match=r"option region = 3: must be a text"):
        AutoRetrainPipeline(region=3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="either ports or options such as region"):
        AutoRetrainPipeline(World().ports, region="eu-west-1")


def test_the_package_shows_what_it_has() -> None:
    assert dir(auto_retrain) == [*auto_retrain.__all__, "__version__"]
    assert sorted(auto_retrain._PUBLIC) == auto_retrain.__all__
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert auto_retrain.__version__ == project["version"]
    assert (CORE / "auto_retrain" / "py.typed").exists()


def test_a_challenger_can_be_judged_again_and_gives_the_same_hash() -> None:
    world = World()
    job_id = world.scored_job(rows(2000, 0.95), rows(2000, 0.88))
    outcome = world.validate(job_id)
    world.ports.clock.advance(timedelta(days=3))
    again = pipeline_on(world).validate_new_model("churn")
    assert (again.decision, again.validation_hash) == (Decision.PROMOTE, outcome.validation_hash)


def test_without_a_challenger_there_is_nothing_to_validate() -> None:
    with pytest.raises(JobUnknown, match="trained a challenger"):
        pipeline_on(World()).validate_new_model("churn")


def test_a_smaller_improvement_can_be_accepted_for_one_job() -> None:
    world = World()
    job_id = world.scored_job(rows(2000, 0.91), rows(2000, 0.88))
    world.validate(job_id)
    pipeline = pipeline_on(world)
    assert not pipeline.deploy_if_better("churn", job_id)
    assert pipeline.deploy_if_better("churn", job_id, min_improvement=0.02)
    assert world.ports.registry.champion("churn") == "2"
    assert pipeline.deploy_if_better("churn", job_id)


def test_no_call_can_go_below_the_floor() -> None:
    world = World()
    job_id = world.scored_job(rows(2000, 0.84), rows(2000, 0.5))
    world.validate(job_id)
    assert not pipeline_on(world).deploy_if_better("churn", job_id, min_improvement=0)


@pytest.mark.parametrize("value", [-0.5, 2, float("nan"), float("inf")])
def test_an_improvement_out_of_bounds_is_refused(value: float) -> None:
    world = World()
    job_id = world.scored_job(rows(2000, 0.95), rows(2000, 0.88))
    world.validate(job_id)
    with pytest.raises(ValueError, match="min_improvement"):
        pipeline_on(world).deploy_if_better("churn", job_id, min_improvement=value)


def test_a_job_that_has_ended_is_no_longer_deployed() -> None:
    world = World()
    job_id = world.scored_job(rows(2000, 0.91), rows(2000, 0.88))
    world.validate(job_id)
    world.close(decision={"job_id": job_id})
    before = world.job(job_id)
    with pytest.raises(IllegalTransition, match="is completed"):
        pipeline_on(world).deploy_if_better("churn", job_id, min_improvement=0.02)
    assert world.job(job_id) == before
    with pytest.raises(JobUnknown):
        pipeline_on(world).deploy_if_better("fraud", job_id)


def test_jobs_are_listed_and_shown() -> None:
    world = World()
    job_id = world.open()
    pipeline = pipeline_on(world)
    job = pipeline.get_job_status(job_id)
    assert job is not None
    assert pipeline.list_recent_jobs("churn") == [job]
    assert pipeline.get_job_status("churn-0") is None


def test_what_served_is_listed_with_its_end() -> None:
    world = World()
    pipeline = pipeline_on(world)
    assert pipeline.list_served("churn") == []
    record = ServingRecord(model_name="churn")
    for number in ("1", "2"):
        record = world.ports.ledger.write(record.adopted(ModelVersion(number=number), "moved by hand", NOON))
    newest, oldest = pipeline.list_served("churn")
    assert (newest.version.number, newest.until, oldest.until) == ("2", None, newest.deployed_at)
    assert pipeline.list_served("churn", limit=1) == [newest]
    with pytest.raises(ModelUnknown):
        pipeline.list_served("fraud")


def test_judging_again_from_a_notebook_gives_the_hash_of_the_function() -> None:
    world = World()
    job_id = world.scored_job(rows(2000, 0.95), rows(2000, 0.88))
    outcome = world.validate(job_id)
    again = AutoRetrainPipeline(world.ports).validate_new_model("churn")
    assert again.validation_hash == outcome.validation_hash


LOCAL_AWS = {
    "AWS_REGION": "us-east-1",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
}


def answers(rows: int = 2000, challenger: float = 0.95, champion: float = 0.88) -> dict[str, Any]:
    """Columns as a notebook would have them: the first rows are those that each version gets wrong."""
    labels = np.arange(rows) % 2

    def right(share: float) -> Any:
        return np.where(np.arange(rows) < round(rows * (1 - share)), 1 - labels, labels)

    return {"row_id": np.arange(rows), "label": labels, "challenger": right(challenger), "champion": right(champion)}


def test_a_pipeline_in_memory_refuses_a_moment_without_a_time_zone_by_name() -> None:
    with pytest.raises(EventInvalid, match=r"at = 2026-03-01T12:00:00: has no time zone"):
        AutoRetrainPipeline.in_memory(at=datetime(2026, 3, 1, 12))


def in_memory() -> AutoRetrainPipeline:
    pipeline = AutoRetrainPipeline.in_memory(at=NOON, actor="ada")
    pipeline.apply_policy(a_policy())
    return pipeline


def test_a_retraining_in_memory_goes_from_its_start_to_its_end() -> None:
    pipeline = in_memory()
    job_id = pipeline.start_retrain_job("churn", {"max_depth": 3})
    result = pipeline.world.score_job(job_id, answers(), {"loss": 0.2})
    assert (result.decision, result.accuracy, result.metrics["accuracy"].champion) == (Decision.PROMOTE, 0.95, 0.88)
    assert pipeline.deploy_if_better("churn", job_id)
    job = pipeline.world.end_job(job_id)
    assert (job.status, job.deployed, job.metrics) == (RetrainingStatus.COMPLETED, True, {"loss": 0.2})
    assert pipeline.world.end_job(job_id) == job
    assert pipeline.serving("churn").champion.version.number == "2"  # type: ignore[union-attr]
    pipeline.world.advance(days=8)
    second = pipeline.start_retrain_job("churn")
    assert pipeline.world.score_job(second, answers(challenger=0.88, champion=0.95)).decision is Decision.REJECT
    assert not pipeline.deploy_if_better("churn", second, min_improvement=0.0)
    failed = pipeline.world.end_job(second, error="out of memory")
    assert failed.error == "TrainingFailed: out of memory"


def test_a_challenger_in_memory_waits_for_a_review_if_one_was_asked_for() -> None:
    pipeline = in_memory()
    job_id = pipeline.start_retrain_job("churn", review=True)
    pipeline.world.score_job(job_id, answers())
    with pytest.raises(PromotionRefused, match="review"):
        pipeline.deploy_if_better("churn", job_id)
    pipeline.approve(job_id, "looks right")
    assert pipeline.deploy_if_better("churn", job_id)


def test_columns_at_hand_are_judged_and_promote_nothing() -> None:
    pipeline = in_memory()
    job_id = pipeline.start_retrain_job("churn")
    pipeline.world.score_job(job_id, answers())
    frame = pandas.DataFrame(answers(challenger=0.89))
    assert pipeline.validate_new_model("churn", frame).decision is Decision.REJECT
    assert pipeline.validate_new_model("churn").decision is Decision.PROMOTE
    assert pipeline.get_job_status(job_id).validation.is_valid  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"champion": None}, "column 'champion' is missing; there are row_id, label, challenger"),
        ({"label": [None] * 2000}, "column 'label' has no value in row 0"),
        ({"label": np.full(2000, np.nan)}, "column 'label' has no value in row 0"),
        ({"challenger": [1]}, "column 'challenger' has 1 rows"),
        ({"row_id": ["same"] * 2000}, "holds a row id more than once"),
        ({name: [] for name in ("row_id", "label", "challenger", "champion")}, "column 'row_id' has 0 rows"),
    ],
)
def test_columns_that_cannot_be_judged_are_named(changes: dict[str, Any], message: str) -> None:
    pipeline = in_memory()
    pipeline.world.score_job(pipeline.start_retrain_job("churn"), answers())
    columns = {name: values for name, values in (answers() | changes).items() if values is not None}
    with pytest.raises(ArtifactInvalid, match=message):
        pipeline.validate_new_model("churn", columns)


def test_a_deployed_pipeline_has_no_world_to_play_with() -> None:
    with pytest.raises(AttributeError, match=r"only AutoRetrainPipeline\.in_memory"):
        _ = pipeline_on(World()).world


def test_what_a_notebook_shows_is_text_and_never_markup() -> None:
    pipeline = in_memory()
    job_id = pipeline.start_retrain_job("churn", reason="<script>alert(1)</script>")
    pipeline.world.score_job(job_id, answers())
    job = pipeline.world.end_job(job_id)
    shown = [job, job.validation, job.validation.verdicts[0], *pipeline.list_decisions("churn")]  # type: ignore[union-attr]
    pages = [each._repr_html_() for each in shown]
    assert all(page.startswith("<table>") for page in pages)
    assert "<script>" not in "".join(pages)
    assert "&lt;script&gt;" in pages[0]


def test_a_local_stack_that_does_not_run_is_named_with_how_to_start_it(tmp_path: Path) -> None:
    with pytest.raises(LocalStackMissing, match=r"no local stack runs in .* start one with `make local`"):
        AutoRetrainPipeline.local(tmp_path, start=False)
    with pytest.raises(LocalStackMissing, match="comes with the repository"):
        AutoRetrainPipeline.local(tmp_path)


PIDS = ("0", "-1", '"x"', "1e9", "1e99")
LEFT_BEHIND = [f'{{"pid": {pid}, "addresses": {{}}, "environment": {{}}}}' for pid in PIDS]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"pid": 1}', *LEFT_BEHIND])
def test_a_file_that_a_stack_left_behind_is_no_stack(tmp_path: Path, content: str) -> None:
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "stack.json").write_text(content)
    with pytest.raises(LocalStackMissing):
        AutoRetrainPipeline.local(tmp_path, start=False)


def test_a_local_stack_is_started_and_one_that_cannot_start_names_its_output(tmp_path: Path) -> None:
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / "run.py").touch()
    makefile = tmp_path / "Makefile"
    makefile.write_text(".PHONY: local\nlocal:\n\t@echo no room; exit 3\n")
    with pytest.raises(LocalStackMissing, match=r"ended with code 2; its output is in '(.*)'"):
        AutoRetrainPipeline.local(tmp_path)
    assert "no room" in (tmp_path / ".local" / "stack-started.log").read_text()
    document = {"pid": os.getpid(), "addresses": {}, "environment": {"TABLE_NAME": "jobs", **LOCAL_AWS}}
    (tmp_path / "found.json").write_text(json.dumps(document))
    (tmp_path / "stack.py").write_text(
        "import fcntl, time\n"
        "with open('.local/stack.json', 'w') as file:\n"
        "    fcntl.flock(file, fcntl.LOCK_EX)\n"
        "    print(open('found.json').read(), file=file, flush=True)\n"
        "    time.sleep(60)\n"
    )
    makefile.write_text(f".PHONY: local\nlocal:\n\t@exec {sys.executable} stack.py\n")
    pipeline = AutoRetrainPipeline.local(tmp_path)
    assert pipeline._ports._client("dynamodb").meta.endpoint_url == LOCAL_AWS["AWS_ENDPOINT_URL"]  # type: ignore[attr-defined]


SCHEDULED = {
    "model": "churn",
    "owner": "team@example.com",
    "data": {"prefix": "churn", "row_id": "id", "label": "left", "numeric": ["age"]},
    "triggers": {"enabled": ["scheduled"]},
}


def test_a_policy_is_tried_on_the_past_and_shown_as_a_table() -> None:
    pipeline = AutoRetrainPipeline.in_memory(NOON)
    pipeline.apply_policy(SCHEDULED)
    first, last = (NOON - timedelta(days=60)).date(), (NOON - timedelta(days=30)).date()
    tested = pipeline.back_test("churn", first, last)
    assert (tested.days.start, tested.days.end) == (first, last + timedelta(days=1))
    (start, *_) = tested.starts
    assert start.trigger_type is TriggerType.SCHEDULED
    table = tested._repr_html_()
    assert "Back-test of churn" in table
    assert "the model has never been retrained" in table
    never = {**SCHEDULED, "triggers": {"enabled": []}}
    assert pipeline.back_test(never, first).starts == []
    with pytest.raises(EventInvalid, match="must be before today"):
        pipeline.back_test("churn", first, NOON.date())
    for no_day in ("2026-01-01", NOON):
        with pytest.raises(EventInvalid, match=r"since .* must be a datetime\.date, such as"):
            pipeline.back_test("churn", no_day)  # type: ignore[arg-type]


def test_a_policy_is_tried_with_its_trainings_by_a_job_that_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    world, first = World(), date(2026, 1, 1)
    test = TrainedBackTest(
        name="churn",
        metric="accuracy",
        test=BackTest(model_name="churn", days=Window(start=first, end=first + timedelta(days=2)), decisions=()),
    )

    def finish(_: float) -> None:
        ((name, (order,)),) = world.ports.cluster.orders.items()
        about = {"schema_version": 1, "job_id": order.job_id, "manifest_sha256": order.manifest_sha256}
        result = BackTestResult(**about, kind="back_test", tests=(test,))
        key = f"{order.output_uri.removeprefix('s3://artifacts/')}result.json"
        world.ports.data.write(key, result.model_dump_json().encode())
        world.ports.cluster.finish(name)

    monkeypatch.setattr("time.sleep", finish)
    pipeline = pipeline_on(world)
    tries = [pipeline.back_test_with_training("churn", first, first + timedelta(days=1)) for _ in range(2)]
    assert tries == [test, test]
    with pytest.raises(PolicyInvalid, match="metric rmse: is no metric"):
        pipeline.back_test_with_training("churn", first, metric="rmse")
    with pytest.raises(EventInvalid, match="in memory trains nothing"):
        AutoRetrainPipeline.in_memory(NOON).back_test_with_training(SCHEDULED, first)


def test_a_change_that_has_to_be_tried_and_does_worse_needs_a_reason() -> None:
    pipeline = AutoRetrainPipeline.in_memory(NOON)
    triggers = {"enabled": ["performance_degradation"], "back_test_days": 30}
    pipeline.apply_policy({**SCHEDULED, "triggers": triggers})
    with pytest.raises(ChangeRefused, match="nothing is known of accuracy in these days"):
        pipeline.configure_trigger("churn", {**triggers, "performance_metric_threshold": 0.9})
    assert pipeline.configure_trigger("churn", {"enabled": ["performance_degradation"]}).version == 1
    applied = pipeline.configure_trigger("churn", {"enabled": ["scheduled"]}, reason="nothing is published")
    assert applied.policy.triggers.back_test_days == 30, "it stays unless another one is given"
    unknown = {**SCHEDULED, "triggers": {**triggers, "performance_metric_threshold": 0.8}}
    note = pipeline.apply_policy(unknown, reason="it begins now").note
    assert note == "nothing is known of accuracy in these days; applied all the same: it begins now"
