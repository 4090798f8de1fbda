"""A model whose past comparisons are given as counts, so that its power can be predicted many times."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.comparison import MetricResult
from auto_retrain.domain.data_check import DataSummary, Power, WindowSummary
from auto_retrain.domain.deployment_ledger import LedgerLine
from auto_retrain.domain.errors import RecordInvalid
from auto_retrain.domain.job import RetrainingJob, Variant
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.proxy import ProxyCheck, ProxyInputs
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.domain.validation import Decision, ValidatedInputs, ValidationResult
from auto_retrain.domain.verdict import Outcome, Verdict
from auto_retrain.domain.windows import windows_at
from auto_retrain.statistics.paired import PairedCounts, gain_interval
from auto_retrain.statistics.proportions import wilson_interval
from auto_retrain.usecases.foreseeing.power import predict_power
from tests.unit.builders import NOON, a_policy

WINDOWS = windows_at(NOON, evaluation_days=30, training_days=180, label_delay_days=0)
CHAMPION = "1"


class PowerWorld:
    """Version 1 serves, and was promoted by job 0, without a champion before it."""

    def __init__(self, at_promotion: MetricResult, rows: int = 2000, **policy: Any) -> None:
        self.ports = MemoryPorts()
        self.policy = a_policy(**policy)
        promotion = a_job(0).changed(
            challenger=ModelVersion(number=CHAMPION),
            validation=a_result(self.policy.primary_metric, at_promotion, rows, CHAMPION, None),
        )
        self.store(promotion)
        line = LedgerLine(
            model_name="churn",
            sequence=1,
            version=ModelVersion(number=CHAMPION),
            previous_version=None,
            job_id=promotion.job_id,
            reason="first",
            deployed_at=NOON,
            windows=WINDOWS,
        )
        self.ports.ledger._lines["churn"] = [line]

    def store(self, job: RetrainingJob) -> None:
        """As if the job had run before; one with the same number is replaced."""
        self.ports.jobs._jobs[job.job_id] = job

    def compared(self, number: int, metric: MetricResult, rows: int, variants: int = 1) -> None:
        """A later job, whose best challenger of several did not replace the champion."""
        result = a_result(self.policy.primary_metric, metric, rows, "best", CHAMPION)
        job = a_job(number, variants).changed(validation=result)
        self.store(job if variants > 1 else job.changed(challenger=ModelVersion(number="best")))

    def refused(self, number: int) -> None:
        """A later job, whose training a proxy refused."""
        inputs = ProxyInputs(
            champion_version=CHAMPION,
            manifest_sha256="",
            predictions_sha256={},
            holdout_sha256="",
            policy_version=1,
            seed=0,
            libraries={},
            statistics=1,
        )
        self.store(a_job(number).changed(proxy=ProxyCheck(reason="no better", refused="no better", inputs=inputs)))

    def lose_record(self, number: int) -> None:
        """As if another release had written what is kept of a job."""
        lost, get = self.ports.jobs._jobs.pop(a_job(number).job_id), self.ports.jobs.get

        def read(job_id: str) -> RetrainingJob | None:
            if job_id == lost.job_id:
                raise RecordInvalid(f"'JOB#{job_id}' cannot be read: status")
            return get(job_id)

        self.ports.jobs.get = read  # type: ignore[method-assign]

    def failed(self, number: int) -> None:
        """A later job, which compared nothing."""
        self.store(a_job(number))

    def power(self, rows: int, production: float | None = None, met: bool = False, variants: int = 1) -> Power:
        """What is predicted for the next job, whose trigger read this metric in production."""
        job = a_job(99, variants)
        if production is not None:
            outcome = Outcome.MET if met else Outcome.UNMET
            verdict = Verdict(check="performance_degradation", outcome=outcome, reason="", value=production)
            job = job.changed(trigger_verdicts=(verdict,))
        window = WindowSummary(
            rows=rows, labelled=rows, repeated_ids=0, missing_ids=0, distinct_labels=2, rarest_class_rows=rows // 2
        )
        summary = DataSummary(training=window, holdout=window, overlap=0)
        return predict_power(job, self.policy, summary, self.ports)


def a_job(number: int, variants: int = 1) -> RetrainingJob:
    at = NOON + timedelta(minutes=number)
    tried = [Variant(parameters={"n": n}, trained=ModelVersion(number=f"v{n}")) for n in range(variants)]
    return RetrainingJob(
        job_id=f"churn-{number}",
        model_name="churn",
        trigger_type=TriggerType.SCHEDULED,
        trigger_reason="due",
        event_time=at,
        execution_arn=f"arn:{number}",
        policy_version=1,
        created_at=at,
        windows=WINDOWS,
        variants=tuple(tried) if variants > 1 else (),
    )


def a_result(primary: str, metric: MetricResult, rows: int, challenger: str, champion: str | None) -> ValidationResult:
    inputs = ValidatedInputs(
        model_name="churn",
        challenger_version=challenger,
        champion_version=champion,
        manifest_sha256="",
        predictions_sha256={},
        holdout_sha256="",
        policy_version=1,
        min_improvement=0.05,
        seed=0,
        libraries={},
    )
    return ValidationResult(
        decision=Decision.INCONCLUSIVE,
        reason="",
        primary=primary,
        metrics={primary: metric},
        improvement=None,
        interval=None,
        holdout_rows=rows,
        verdicts=(),
        inputs=inputs,
    )


def accuracy_alone(accuracy: float, rows: int) -> MetricResult:
    """A first model, as it is measured without a champion."""
    return MetricResult(value=accuracy, interval=wilson_interval(accuracy, rows, 0.95))


def accuracies(counts: PairedCounts, compared: int = 1) -> MetricResult:
    """Two versions on the same rows, as they are measured when the best of `compared` challengers is shown."""
    rows, confidence = sum(counts), 1 - 0.05 / compared
    challenger = (counts.both + counts.only_challenger) / rows
    champion = (counts.both + counts.only_champion) / rows
    return MetricResult(
        value=challenger,
        interval=wilson_interval(challenger, rows, confidence),
        champion=champion,
        champion_interval=wilson_interval(champion, rows, confidence),
        gain=challenger - champion,
        gain_interval=gain_interval(counts, confidence),
    )


def draw(random: np.random.Generator, rows: int, champion: float, gain: float, discordant: float) -> PairedCounts:
    """Answers of two versions that differ in a share of the rows; the challenger is better by `gain`."""
    shares = (champion - (discordant - gain) / 2, (discordant + gain) / 2, (discordant - gain) / 2)
    counts: Sequence[int] = random.multinomial(rows, [*shares, 1 - sum(shares)])
    return PairedCounts(*map(int, counts))
