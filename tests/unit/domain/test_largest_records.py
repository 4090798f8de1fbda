"""Everything at its limit at once still fits: a job into an item of DynamoDB, a decision into a payload."""

from datetime import date
from typing import Any

from auto_retrain.adapters.price_list import MAX_PROBLEM_LENGTH
from auto_retrain.comparison.confusion import MAX_CONFUSED_CLASSES, MAX_NAME_LENGTH
from auto_retrain.comparison.holdout import merged_digests
from auto_retrain.comparison.slices import MAX_SLICES_OF_A_COLUMN
from auto_retrain.domain.base import MAX_PARAMETERS_LENGTH
from auto_retrain.domain.comparison import Confusion, MetricResult, SliceResult
from auto_retrain.domain.cost import Forecast, PricedCost
from auto_retrain.domain.data_check import (
    DataCheck,
    DataFinding,
    DataSummary,
    HoldoutDigests,
    HoldoutLabels,
    Power,
    StrayLabels,
    WindowSummary,
)
from auto_retrain.domain.experiments import MAX_VARIANTS, MAX_VARIANTS_BYTES
from auto_retrain.domain.files import VersionFiles
from auto_retrain.domain.forecast import JOBS
from auto_retrain.domain.job import RetrainingJob, Variant
from auto_retrain.domain.messages.triggering import TriggerDecision
from auto_retrain.domain.metric_kinds import METRICS
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.policy.data import MAX_PARTS
from auto_retrain.domain.policy.training import Capacity
from auto_retrain.domain.results import MAX_METRICS_LENGTH
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.domain.usage import FunctionUse, PodUse, Usage
from auto_retrain.domain.validation import Decision, ValidatedInputs, ValidationResult, VariantScore
from auto_retrain.domain.verdict import Outcome, Verdict
from auto_retrain.domain.windows import windows_at
from auto_retrain.usecases.data.examine_data import MAX_FINDINGS
from auto_retrain.usecases.data.part_summary import MAX_ID_LENGTH
from auto_retrain.usecases.data.shifts import MAX_FEATURES
from auto_retrain.usecases.ending.end_job import MAX_ERROR_LENGTH
from auto_retrain.usecases.triggering.detect_drift import MAX_VERDICTS
from local.paths import ROOT
from tests.unit.builders import NOON

ITEM_BYTES, PAYLOAD_BYTES = 400 * 1000, 256 * 1000
COLUMN, NUMBER = "c" * 128, 0.12345678901
PAIR = (NUMBER, NUMBER)
# A sentence about a feature, or about the few that are named.
SENTENCE = "x" * 600
VERDICTS = (
    Verdict(check=COLUMN, outcome=Outcome.UNMET, reason=SENTENCE, value=NUMBER, limit=NUMBER, n=10**9, interval=PAIR),
) * (MAX_VERDICTS + 4)


def parameters(length: int) -> dict[str, Any]:
    return {"p": "x" * (length - len('{"p": ""}'))}


def a_version() -> ModelVersion:
    files = VersionFiles(artifact_sha256="0" * 64, artifacts_uri="s3://" + "x" * 507, image="x" * 512)
    metrics = {f"{n:014}": NUMBER for n in range(MAX_METRICS_LENGTH // 30)}
    return ModelVersion(number="1" * 10, files=files, run_id="r" * 256, metrics=metrics)


def a_check() -> DataCheck:
    strays = StrayLabels(labels=10**9, row_id="i" * MAX_ID_LENGTH, label_id="i" * MAX_ID_LENGTH)
    window = WindowSummary(
        rows=10**9, labelled=10**9, repeated_ids=10**9, missing_ids=10**9, distinct_labels=3, strays=strays
    )
    shares = {f"{n:0128}": NUMBER for n in range(MAX_FEATURES)}
    finding = DataFinding(check="unseen_values", severity="warning", column=COLUMN, text=SENTENCE)
    summary = DataSummary(training=window, holdout=window, overlap=10**9, separation=shares)
    return DataCheck(
        summary=summary,
        holdout=merged_digests([HoldoutDigests(rows="0" * 64, cells="0" * 64)] * MAX_PARTS),
        holdout_labels=HoldoutLabels(uri="s3://" + "x" * 507, sha256="0" * 64),
        psi=shares,
        findings=(finding,) * MAX_FINDINGS,
        power=Power(chance=NUMBER, reason=SENTENCE),
    )


def a_validation() -> ValidationResult:
    matrix = ((10**9,) * MAX_CONFUSED_CLASSES,) * MAX_CONFUSED_CLASSES
    metric = MetricResult(
        value=NUMBER,
        interval=PAIR,
        champion=NUMBER,
        champion_interval=PAIR,
        gain=NUMBER,
        gain_interval=PAIR,
        gain_bound=NUMBER,
        p_value=NUMBER,
        method="paired_bootstrap",
    )
    part = SliceResult(
        column=COLUMN,
        value="v" * MAX_NAME_LENGTH,
        rows=10**9,
        challenger=NUMBER,
        champion=NUMBER,
        gain=NUMBER,
        p_worse=NUMBER,
    )
    versions = {str(number): "0" * 64 for number in range(MAX_VARIANTS + 1)}
    inputs = ValidatedInputs(
        model_name="m" * 40,
        challenger_version="1",
        champion_version="2",
        manifest_sha256="0" * 64,
        predictions_sha256=versions,
        holdout_sha256="0" * 64,
        policy_version=1,
        min_improvement=NUMBER,
        seed=1,
        libraries={"numpy": "1", "scipy": "1"},
    )
    score = VariantScore(version="1", value=NUMBER, improvement=NUMBER, p_value=NUMBER)
    return ValidationResult(
        decision=Decision.REJECT,
        reason=SENTENCE * 5,
        primary="accuracy",
        metrics=dict.fromkeys(METRICS, metric),
        improvement=NUMBER,
        interval=PAIR,
        holdout_rows=10**9,
        confusion=Confusion(
            classes=("c" * MAX_NAME_LENGTH,) * MAX_CONFUSED_CLASSES, challenger=matrix, champion=matrix
        ),
        slices=(part,) * (10 * MAX_SLICES_OF_A_COLUMN),
        verdicts=VERDICTS[:12],
        variants=(score,) * MAX_VARIANTS,
        inputs=inputs,
    )


def a_usage() -> Usage:
    functions = [path.name for path in (ROOT / "functions").iterdir()]
    pods = PodUse(pods=20, cpu=NUMBER, gib=NUMBER, gpus=16, capacity=Capacity.SPOT_PREFERRED, seconds=NUMBER)
    return Usage(
        functions=dict.fromkeys(functions, FunctionUse(calls=10**6, gb_seconds=NUMBER)),
        pods={"train": pods, "score": pods},
    )


def test_the_largest_job_fits_into_an_item() -> None:
    version = a_version()
    variants = (Variant(parameters=parameters(MAX_VARIANTS_BYTES // MAX_VARIANTS), trained=version),) * MAX_VARIANTS
    job = RetrainingJob(
        job_id="j" * 51,
        model_name="m" * 40,
        trigger_type=TriggerType.MANUAL,
        trigger_reason="r" * 700,
        trigger_verdicts=VERDICTS,
        actor="a" * 128,
        event_time=NOON,
        execution_arn="a" * 256,
        policy_version=1,
        training_parameters=parameters(MAX_PARAMETERS_LENGTH),
        variants=variants,
        created_at=NOON,
        windows=windows_at(NOON, evaluation_days=1, training_days=1, label_delay_days=0),
        data_check=a_check(),
        champion=version,
        challenger=version,
        validation=a_validation(),
        error="e" * MAX_ERROR_LENGTH,
        usage=a_usage(),
        forecast=Forecast(usd=NUMBER, jobs=JOBS, at_most=NUMBER),
        cost=PricedCost(
            pods=NUMBER,
            functions=NUMBER,
            transitions=NUMBER,
            stored=NUMBER,
            at_most=True,
            unmeasured=True,
            prices_as_of=date(2025, 1, 1),
            problem="p" * MAX_PROBLEM_LENGTH,
        ),
    )
    assert len(job.model_dump_json().encode()) < ITEM_BYTES


def test_the_largest_decision_fits_into_a_payload_twice() -> None:
    shared = parameters(MAX_PARAMETERS_LENGTH)
    decision = TriggerDecision(
        next="skip",
        reason=SENTENCE * 5,
        model_name="m" * 40,
        trigger_type=TriggerType.MANUAL,
        event_time=NOON,
        execution_arn="a" * 256,
        actor="a" * 128,
        request_reason="r" * 500,
        parameters=shared,
        variants=(parameters(MAX_PARAMETERS_LENGTH // 2), {**parameters(MAX_PARAMETERS_LENGTH // 2), "q": 1}),
        verdicts=VERDICTS,
    )
    assert 2 * len(decision.model_dump_json().encode()) < PAYLOAD_BYTES
