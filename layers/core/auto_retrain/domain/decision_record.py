"""The record of each decision on whether to retrain, for people who ask why or why not."""

from typing import Literal

from .base import Record, UtcTime
from .digest import canonical_json, sha256_of
from .names import decision_name
from .notebook import as_table
from .trigger_type import TriggerType
from .verdict import VERDICT_HEADINGS, Verdict

# An item may have 400 KB; the first verdicts are the most important.
MAX_BYTES = 100_000
MAX_REASON = 10_000

# Kinds of holds: reasons not to retrain although a trigger calls for it.
HeldBy = Literal[
    "paused",
    "quarantine",
    "running_job",
    "cool_down",
    "back_off",
    "daily_cap",
    "monthly_cap",
    "breach_days",
    "observe_only",
    "new_champion",
    "same_drift",
    "quality_holds",
    "fleet_jobs",
    "fleet_budget",
    "budget",
    "fleet_spending",
]


_BY_FORCE = "wait until then, or ask for it with --force"
_BY_HAND = "a person who asks for it by hand is not held by this"
_WAYS_OUT: dict[HeldBy, str] = {
    "paused": "resume the model, or ask for it with --force",
    "quarantine": "repair the data, or lift the quarantine by hand; force does not override it",
    "running_job": "wait for the end of that job; force does not override it",
    "cool_down": _BY_FORCE,
    "daily_cap": _BY_FORCE,
    "monthly_cap": _BY_FORCE,
    "budget": "raise the budget, or ask for it with --force",
}


def way_out(held_by: HeldBy | None) -> str:
    """What a person can do about a hold of a kind, or about a retraining that is not due."""
    return _WAYS_OUT.get(held_by, _BY_HAND) if held_by else _BY_HAND


class Hold(Record):
    """One reason that holds a retraining back, as a sentence for people, and when it ends if that is known."""

    kind: HeldBy
    reason: str
    until: UtcTime | None = None


class DecisionRecord(Record):
    """One decision about a model: the verdicts of its triggers, and what followed.

    `key` identifies the decision, so recording it twice stores it once. Without an execution, the sweep decided.
    `decision_hash` covers what was decided, not when it was recorded nor on what: what is decided again has the same
    hash. `evidence_hash` is that of what it was judged on, of which an earlier release kept nothing.
    """

    model_name: str
    key: str
    event_time: UtcTime
    recorded_at: UtcTime
    trigger_type: TriggerType
    outcome: Literal["started", "suppressed", "not_due"]
    reason: str
    held_by: HeldBy | None = None
    verdicts: tuple[Verdict, ...] = ()
    actor: str | None = None
    execution_arn: str | None = None
    job_id: str | None = None
    evidence_hash: str | None = None
    decision_hash: str = ""

    @property
    def name(self) -> str:
        """What people call it: an id like that of a job, and the same as that of the job that it opened."""
        return decision_name(self.model_name, self.execution_arn or f"{self.key} {self.event_time.isoformat()}")

    def _repr_html_(self) -> str:
        about = [
            ("name", self.name),
            ("outcome", self.outcome),
            ("reason", self.reason),
            ("held by", self.held_by),
            ("job", self.job_id),
        ]
        at = f"{self.event_time:%F %H:%M}Z"
        return as_table(f"Decision on {self.model_name}, {at}", about) + (
            as_table("Verdicts", [VERDICT_HEADINGS, *(verdict.cells for verdict in self.verdicts)])
            if self.verdicts
            else ""
        )

    def sealed(self, **changes: str | None) -> "DecisionRecord":
        """The same decision with its hash, and with as many of its verdicts as a store can hold.

        `changes` are made as well, of what the hash does not cover.
        """
        kept = self if len(self.reason) <= MAX_REASON else self.changed(reason=self.reason[:MAX_REASON])
        hashed = kept._hashed
        while kept.verdicts and len(hashed) > MAX_BYTES:
            kept = kept.changed(verdicts=kept.verdicts[: len(kept.verdicts) // 2])
            hashed = kept._hashed
        return kept.changed(decision_hash=sha256_of(hashed), **changes)

    def compute_hash(self) -> str:
        """SHA-256 of the canonical JSON (RFC 8785) of what was decided, and of the verdicts that it follows from."""
        return sha256_of(self._hashed)

    @property
    def _hashed(self) -> bytes:
        return canonical_json(self, leave_out={"recorded_at", "evidence_hash", "decision_hash"})
