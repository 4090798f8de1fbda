"""The outcome of comparing a challenger with the champion on the same holdout rows."""

from enum import StrEnum

import rfc8785

from .base import Record, UtcTime
from .digest import sha256_of
from .verdict import Verdict


class Decision(StrEnum):
    """What follows from a validation."""

    PROMOTE = "promote"
    REJECT = "reject"
    INCONCLUSIVE = "inconclusive"


class ClassificationMetrics(Record):
    """Each between 0 and 1; precision, recall and F1 are of the positive class, or macro averages over many classes."""

    accuracy: float
    precision: float
    recall: float
    f1_score: float


class ValidatedInputs(Record):
    """What was compared, pinned by digests, so that the verdict can be computed again."""

    model_name: str
    challenger_version: str
    champion_version: str | None
    manifest_sha256: str
    artifact_sha256: str | None = None
    predictions_sha256: dict[str, str]
    policy_version: int


class VariantScore(Record):
    """How one of several variants did beside the champion; `p_value` is its own, for no look at the others."""

    version: str
    accuracy: float
    improvement: float | None = None
    p_value: float | None = None


class ValidationResult(Record):
    """What the holdout rows say about a challenger; the plain metrics are the challenger's.

    `improvement` is relative to the champion's accuracy, `interval` its two-sided 95 % interval, for all variants
    together (Bonferroni); both are None without a champion. `variants` has all of several challengers, of which this
    result is about the most accurate. `validation_hash` covers everything but itself and `validation_timestamp`, so
    the same evidence gives the same hash on any day.
    """

    decision: Decision
    reason: str
    accuracy: float
    precision: float
    recall: float
    f1_score: float
    champion: ClassificationMetrics | None
    improvement: float | None
    interval: tuple[float, float] | None
    holdout_rows: int
    verdicts: tuple[Verdict, ...]
    variants: tuple[VariantScore, ...] = ()
    inputs: ValidatedInputs
    validation_hash: str = ""
    validation_timestamp: UtcTime | None = None

    @property
    def is_valid(self) -> bool:
        return self.decision is Decision.PROMOTE

    def sealed(self, at: UtcTime) -> "ValidationResult":
        """The same result with its hash and time."""
        return self.model_copy(update={"validation_hash": self.compute_hash(), "validation_timestamp": at})

    def compute_hash(self) -> str:
        """SHA-256 over the canonical JSON (RFC 8785) of evidence and verdict."""
        content = self.model_dump(mode="json", exclude={"validation_hash", "validation_timestamp"})
        return sha256_of(rfc8785.dumps(content))
