"""What a decision on whether to retrain was judged on, kept so that it can be judged again."""

from collections.abc import Mapping

from pydantic import Field

from .base import Record, UtcTime
from .digest import sha256_of
from .drift import DriftEvidence
from .metric_reading import MetricReading
from .model_state import ModelState
from .trigger_type import TriggerType


class DecisionEvidence(Record):
    """The policy, the model's state and the readings that a decision follows from.

    `at` is the time that was judged, and `now` what the clock said. `readings` have an entry for each trigger that was
    judged without reading data, also if it has no metrics. `drift` is set if the data were read; if it is too large to
    be kept here, `drift_uri` and `drift_sha256` say where and what it is. `statistics` counts the changes of ours.
    """

    policy_version: int
    at: UtcTime
    now: UtcTime
    state: ModelState
    forced: bool = False
    readings: Mapping[TriggerType, tuple[MetricReading, ...]] = Field(default_factory=dict)
    drift: DriftEvidence | None = None
    drift_uri: str | None = None
    drift_sha256: str | None = None
    statistics: int

    @property
    def document(self) -> bytes:
        """What is stored, and hashed as it is stored: complete, because a later release may have other defaults."""
        return self.model_dump_json().encode()


def hash_of(document: bytes | None) -> str | None:
    """SHA-256 of evidence as it is stored; None if nothing is."""
    return None if document is None else sha256_of(document)
