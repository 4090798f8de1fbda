"""What a model's last comparisons show: how good its champion was, and how much two of its versions differ."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from ...domain.comparison import Interval, MetricResult
from ...domain.deployment_ledger import LedgerLine
from ...domain.job import RetrainingJob
from ...domain.policy.policy import Policy
from ...domain.validation import ValidationResult
from ...ports import Ports
from ...statistics.power import error_of_interval
from ..lookup import promotion_of

MAX_COMPARISONS = 20
# Between comparisons there may be any number of jobs that came to nothing.
MAX_AGE = timedelta(days=366)
MAX_RATIOS = 5
# Two versions that are nearly the same say nothing of the next one.
MIN_RATIO = 0.05


class Measured(NamedTuple):
    """The primary metric of one version on some rows, and its standard error if that is known."""

    value: float
    error: float | None
    rows: int
    at: datetime


class PastComparison(NamedTuple):
    """A stored validation of the model, and its primary metric; intervals hold for `compared` challengers together."""

    result: ValidationResult
    metric: MetricResult
    compared: int
    at: datetime

    def of(self, version: str) -> Measured | None:
        """How good a version was, if it took part on either side."""
        inputs, metric = self.result.inputs, self.metric
        if inputs.challenger_version == version:
            return self._measured(metric.value, metric.interval)
        if inputs.champion_version == version and metric.champion is not None:
            return self._measured(metric.champion, metric.champion_interval)
        return None

    @property
    def variance_ratio(self) -> float | None:
        """The variance of the gain as a multiple of that of the champion's own metric, on the same rows.

        It has no unit and hardly depends on how good the versions are, so it holds after a big step as well.
        """
        gain, champion = self.metric.gain_interval, self.metric.champion_interval
        if gain is None or champion is None or not champion[1] > champion[0]:
            return None
        return ((gain[1] - gain[0]) / (champion[1] - champion[0])) ** 2

    def _measured(self, value: float, interval: Interval | None) -> Measured:
        error = error_of_interval(*interval, 1 - 0.05 / self.compared) if interval else None
        return Measured(value, error, self.result.holdout_rows, self.at)


def past_comparisons(policy: Policy, serving: LedgerLine, ports: Ports) -> list[PastComparison]:
    """The last comparisons of about a year, newest first, and that by which the champion was promoted."""
    newest_first = ports.jobs.list_of_model(policy.model, ports.clock.now() - MAX_AGE)
    jobs = list(islice((job for job in newest_first if job.validation), MAX_COMPARISONS))
    is_recent = any(job.job_id == serving.job_id for job in jobs)
    promotion = None if is_recent else promotion_of(serving, ports)
    comparisons = (_comparison_in(job, policy.primary_metric) for job in (*jobs, *([promotion] if promotion else [])))
    return [comparison for comparison in comparisons if comparison]


def variance_ratios(comparisons: Iterable[PastComparison]) -> list[float]:
    """The newest ratios between the variance of a gain and that of a champion's metric."""
    ratios = [comparison.variance_ratio for comparison in comparisons]
    return [ratio for ratio in ratios if ratio is not None and ratio >= MIN_RATIO][:MAX_RATIOS]


def _comparison_in(job: RetrainingJob, primary: str) -> PastComparison | None:
    metric = job.validation.metrics.get(primary) if job.validation else None
    if job.validation is None or metric is None:
        return None
    return PastComparison(job.validation, metric, len(job.challengers) or 1, job.created_at)
