"""What a proxy, a small model trained on a sample of the rows, shows of a training before it is paid for."""

from pydantic import Field

from .base import Record
from .comparison import MetricResult
from .digest import canonical_json, sha256_of
from .verdict import Verdict


class ProxyPlan(Record):
    """Whether a proxy goes before the training of a job: on which share of its training rows, and why or why not."""

    share: float | None = Field(default=None, description="None: no proxy")
    reason: str


class ProxyEvidence(Record):
    """How good proxies are on the fresh rows, by the primary metric.

    The one trained on the whole sample is compared with the champion, and with another one that got half of it.
    `rows` and `half_rows` are those that each was trained on, `training_rows` those that a full training would have, in
    `training_days` days.
    """

    against_champion: MetricResult | None
    against_half: MetricResult | None
    fresh_rows: int
    rows: int
    half_rows: int
    training_rows: int
    training_days: int


class ProxyInputs(Record):
    """What pins the verdict on a proxy: whatever has these gives the same one."""

    champion_version: str
    manifest_sha256: str
    predictions_sha256: dict[str, str]
    holdout_sha256: str
    policy_version: int
    seed: int
    libraries: dict[str, str]
    statistics: int


class ProxyCheck(Record):
    """What became of a proxy; without evidence there is no verdict, and the job trains.

    `refused` is why the job does not train; `refused_in_a_row` counts it and the jobs before it that trained nothing.
    """

    reason: str
    refused: str | None = None
    refused_in_a_row: int = 0
    verdict: Verdict | None = None
    evidence: ProxyEvidence | None = None
    inputs: ProxyInputs | None = None
    check_hash: str = ""

    def compute_hash(self) -> str:
        """SHA-256 of everything but itself and its place in a row, in canonical form."""
        return sha256_of(canonical_json(self, leave_out={"check_hash", "refused_in_a_row"}))

    def sealed(self) -> "ProxyCheck":
        """With its hash."""
        return self.changed(check_hash=self.compute_hash())
