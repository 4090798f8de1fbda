"""The result of comparing a challenger with the champion on the same holdout rows."""

from enum import StrEnum

from pydantic import Field

from .base import Record, UtcTime
from .comparison import Confusion, Interval, KnownQuality, MetricResult, SliceResult
from .digest import canonical_json, sha256_of
from .notebook import as_table
from .verdict import VERDICT_HEADINGS, Outcome, Verdict


class Decision(StrEnum):
    """What a validation decides."""

    PROMOTE = "promote"
    REJECT = "reject"
    INCONCLUSIVE = "inconclusive"


class ValidatedInputs(Record):
    """What was compared, pinned by digests so that the verdict can be recomputed.

    `holdout_sha256` covers row ids and labels; `look` counts how often they have been used, including this time, and
    `champion_look` how often this champion has been compared. Fields that an earlier release did not know are left out
    where they have no value, so that what it sealed keeps its hash.
    `min_improvement` is the policy's unless the caller gave another; `seed` is for the bootstrap. With other
    `statistics` the same rows give other numbers.
    """

    model_name: str
    challenger_version: str
    champion_version: str | None
    manifest_sha256: str
    artifact_sha256: str | None = None
    predictions_sha256: dict[str, str]
    holdout_sha256: str
    policy_version: int
    min_improvement: float
    look: int = 1
    champion_look: int | None = Field(default=None, exclude_if=lambda look: look is None)
    known_of_champion: tuple[KnownQuality, ...] = Field(default=(), exclude_if=lambda known: not known)
    seed: int
    libraries: dict[str, str]
    statistics: int = Field(default=1, exclude_if=lambda version: version == 1)


class VariantScore(Record):
    """The primary metric of one of several variants; `p_value` is not adjusted for the others."""

    version: str
    value: float
    improvement: float | None = None
    p_value: float | None = None


class ValidationResult(Record):
    """The result of validating a challenger.

    `improvement` is that of the primary metric on the policy's basis, `interval` its two-sided 95 % interval, adjusted
    for the number of variants (Bonferroni); both are None without a champion. `variants` lists all variants, and the
    result is about the best of them. `validation_hash` covers everything but itself and `validation_timestamp`, so the
    same evidence gives the same hash on any day.
    """

    decision: Decision
    reason: str
    primary: str
    metrics: dict[str, MetricResult]
    improvement: float | None
    interval: Interval | None
    holdout_rows: int
    entities: int | None = None
    confusion: Confusion | None = None
    slices: tuple[SliceResult, ...] = ()
    verdicts: tuple[Verdict, ...]
    variants: tuple[VariantScore, ...] = ()
    inputs: ValidatedInputs
    validation_hash: str = ""
    validation_timestamp: UtcTime | None = None

    @property
    def accuracy(self) -> float | None:
        return self.value_of("accuracy")

    @property
    def precision(self) -> float | None:
        return self.value_of("precision")

    @property
    def recall(self) -> float | None:
        return self.value_of("recall")

    @property
    def f1_score(self) -> float | None:
        return self.value_of("f1_score")

    def value_of(self, metric: str) -> float | None:
        """A metric of the challenger; None if its task or its predictions do not have it."""
        return self.metrics[metric].value if metric in self.metrics else None

    @property
    def is_valid(self) -> bool:
        return self.decision is Decision.PROMOTE

    @property
    def first_against(self) -> Verdict | None:
        """The first gate that speaks against the challenger, if any does."""
        against = (each for each in self.verdicts if each.outcome is not Outcome.MET and not each.observed_only)
        return next(against, None)

    @property
    def first_reason(self) -> str:
        """Why it was refused, or the first of what it was promoted for: a gate that measured something, if any did."""
        if not self.is_valid:
            return self.reason
        counted = [verdict for verdict in self.verdicts if not verdict.observed_only]
        measured = [verdict for verdict in counted if verdict.value is not None]
        return next((verdict.reason for verdict in (*measured, *counted)), self.reason)

    def _repr_html_(self) -> str:
        about = [("decision", self.decision.value), ("reason", self.reason), ("holdout rows", self.holdout_rows)]
        metrics = [(name, metric.value, metric.champion) for name, metric in self.metrics.items()]
        return (
            as_table(f"Validation of {self.inputs.model_name} version {self.inputs.challenger_version}", about)
            + as_table("Metrics", [("metric", "challenger", "champion"), *metrics])
            + as_table("Gates", [VERDICT_HEADINGS, *(verdict.cells for verdict in self.verdicts)])
        )

    def sealed(self, at: UtcTime) -> "ValidationResult":
        """The same result with its hash and time."""
        return self.changed(validation_hash=self.compute_hash(), validation_timestamp=at)

    def compute_hash(self) -> str:
        """SHA-256 of the canonical JSON (RFC 8785) of evidence and verdicts."""
        return sha256_of(canonical_json(self, leave_out={"validation_hash", "validation_timestamp"}))
