"""Judges a recorded decision on whether to retrain again, from what was kept of its evidence."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import ValidationError

from ...domain.base import Record
from ...domain.decision_evidence import DecisionEvidence, hash_of
from ...domain.decision_record import DecisionRecord, HeldBy
from ...domain.errors import ArtifactInvalid, PermanentError
from ...domain.model_state import with_breach
from ...domain.policy.policy import AppliedPolicy
from ...domain.trigger_type import TriggerType
from ...domain.verdict import Verdict
from ...holds.budgets import BUDGETS
from ...holds.estimated_quality import holding_estimate
from ...holds.model import back_off_hold, breach_hold, model_holds
from ...ports import Ports
from ...statistics.version import STATISTICS
from ...triggers import judge_triggers, trigger_of
from ...triggers.base import Evidence
from ...triggers.data_drift import DriftVerdicts, judge_drift_evidence
from ..differences import differing_paths
from ..lookup import job_of, policy_version_of
from .detect_drift import recorded_verdicts
from .drift_holds import waits_while_quality_holds
from .kept_evidence import drift_in
from .why import explain_decisions

# Other models, other jobs, prices and the ledger are no part of the evidence about a model.
_NOT_IN_EVIDENCE: tuple[HeldBy, ...] = (
    *("running_job", "new_champion", "same_drift"),
    *("fleet_jobs", "fleet_budget", *BUDGETS),
)


class DecisionReplay(Record):
    """A decision as it was recorded and as it comes out now; `differences` are the paths of the values that differ.

    Without `replayed`, nothing was kept of what it was judged on, and `not_judged` says so. It also says which hold was
    taken as it was recorded, because it was about more than the model.
    """

    recorded: DecisionRecord
    replayed: DecisionRecord | None = None
    differences: tuple[str, ...] = ()
    not_judged: str | None = None
    has_other_statistics: bool = False

    @property
    def is_same(self) -> bool:
        """Whether evidence and decision agree; a later release may put the reasons in other words."""
        return self.replayed is not None and not self.differences

    @property
    def has_same_words(self) -> bool:
        return self.replayed is not None and self.replayed.decision_hash == self.recorded.decision_hash


def replay_opening(job_id: str, ports: Ports) -> DecisionReplay:
    """Judge the decision that opened a job again; raises JobUnknown, or like `replay_decision`."""
    of_job = job_of(job_id, ports).decision
    recorded = ports.decisions.stored(of_job) or of_job
    replay = replay_decision(recorded, ports)
    if recorded.decision_hash == of_job.decision_hash:
        return replay
    return replay.changed(
        differences=("the job says something else than the decision that opened it", *replay.differences)
    )


def replay_decisions(model_name: str, limit: int, ports: Ports) -> list[DecisionReplay]:
    """Judge a model's last decisions again, newest first; one whose evidence is damaged does not stop the others.

    Raises ModelUnknown if the model never had a policy.
    """
    return [_isolated(recorded, ports) for recorded in explain_decisions(model_name, limit, ports)]


def _isolated(recorded: DecisionRecord, ports: Ports) -> DecisionReplay:
    try:
        return replay_decision(recorded, ports)
    except PermanentError as error:
        return DecisionReplay(recorded=recorded, differences=(str(error),))


def replay_decision(recorded: DecisionRecord, ports: Ports) -> DecisionReplay:
    """Judge a decision again, by the policy of that time; nothing is written.

    Raises:
        ModelUnknown: the policy version that it was judged by does not exist any more.
        ArtifactInvalid: what it was judged on is missing, cannot be read or was changed.
    """
    if recorded.evidence_hash is None:
        return _not_judged(recorded, "the release that recorded it kept nothing of what it was judged on")
    document = ports.decisions.evidence(recorded)
    if document is None:
        return _not_judged(recorded, "what it was judged on is not kept any more")
    kept = _read(document, recorded)
    applied = policy_version_of(recorded.model_name, kept.policy_version, ports)
    again = _judge(recorded, kept, applied, ports)
    replayed = recorded.changed(outcome=again.outcome, held_by=again.held_by, verdicts=again.verdicts).sealed()
    taken = again.held_by in _NOT_IN_EVIDENCE and recorded.outcome == again.outcome
    of_other_release = kept.statistics != STATISTICS
    return DecisionReplay(
        recorded=recorded,
        replayed=replayed,
        differences=tuple(_differences(recorded, replayed, of_other_release=of_other_release)),
        not_judged=f"the hold '{again.held_by}' is as it was recorded: it is not of the model alone" if taken else None,
        has_other_statistics=of_other_release,
    )


def _not_judged(recorded: DecisionRecord, why: str) -> DecisionReplay:
    return DecisionReplay(recorded=recorded, not_judged=why, differences=tuple(_tampering(recorded)))


def _read(document: bytes, recorded: DecisionRecord) -> DecisionEvidence:
    if hash_of(document) != recorded.evidence_hash:
        raise ArtifactInvalid(f"what decision '{recorded.key}' was judged on was changed: its SHA-256 is another one")
    try:
        return DecisionEvidence.model_validate_json(document, extra="ignore")
    except ValidationError as error:
        raise ArtifactInvalid(f"what decision '{recorded.key}' was judged on cannot be read") from error


class _Again(NamedTuple):
    verdicts: tuple[Verdict, ...]
    outcome: str
    held_by: HeldBy | None


def _judge(recorded: DecisionRecord, kept: DecisionEvidence, applied: AppliedPolicy, ports: Ports) -> _Again:
    policy = applied.policy
    triggers = [trigger for kind in kept.readings if (trigger := trigger_of(kind))]
    judged = judge_triggers(triggers, policy, Evidence(kept.state, kept.readings), kept.at)
    evidence = drift_in(kept, ports)
    drift = judge_drift_evidence(policy, evidence) if evidence else None
    verdicts = [verdict for of_trigger in judged.values() for verdict in of_trigger]
    verdicts += recorded_verdicts(policy, drift) if drift else []
    holds = list(_holds(recorded, kept, applied, verdicts, drift))
    return _Again(tuple(verdicts), *_concluded(recorded, verdicts, holds))


def _holds(
    recorded: DecisionRecord,
    kept: DecisionEvidence,
    applied: AppliedPolicy,
    verdicts: list[Verdict],
    drift: DriftVerdicts | None,
) -> Iterator[HeldBy]:
    """What held the model back by its own state and data, the first to report first."""
    state, trigger, config = kept.state, recorded.trigger_type, applied.policy.triggers
    if drift and drift.broken:
        yield "quarantine"
    for hold in model_holds(applied, state, trigger, kept.at, kept.now, forced=kept.forced):
        # A check that finds the data sound ends a quarantine.
        if hold.kind not in BUDGETS and not (hold.kind == "quarantine" and drift and drift.is_sound):
            yield hold.kind
    day, met = recorded.event_time.date(), trigger_of(trigger)
    if met and met.needs_breach_days and config.breach_days > 1 and _calls(verdicts, trigger):
        breach = breach_hold(config, with_breach(state.breach_days(trigger), day), day)
        yield from [breach.kind] if breach else []
    if _calls(verdicts, TriggerType.DATA_DRIFT):
        estimate = holding_estimate(applied.policy, verdicts)
        waits = waits_while_quality_holds(applied.policy, estimate, state, recorded.event_time)
        yield from [waits.kind] if waits else []
    back_off = back_off_hold(config, state, trigger, recorded.event_time)
    yield from [back_off.kind] if back_off else []
    if not _calls(verdicts) and any(verdict.met and verdict.observed_only for verdict in _decisive(verdicts)):
        yield "observe_only"


def _decisive(verdicts: list[Verdict]) -> list[Verdict]:
    """Those of whole triggers; the others only give details."""
    return [verdict for verdict in verdicts if verdict.check in set(TriggerType)]


def _calls(verdicts: list[Verdict], trigger: TriggerType | None = None) -> bool:
    """Whether a trigger, or this one, called for a retraining."""
    wanted = [verdict for verdict in _decisive(verdicts) if trigger in (None, verdict.check)]
    return any(verdict.met and not verdict.observed_only for verdict in wanted)


def _concluded(recorded: DecisionRecord, verdicts: list[Verdict], holds: list[HeldBy]) -> tuple[str, HeldBy | None]:
    due = recorded.trigger_type is TriggerType.MANUAL or _calls(verdicts)
    # What is held before it is judged has no verdicts.
    may_be_held = due or not verdicts
    if recorded.held_by in holds or (recorded.held_by in _NOT_IN_EVIDENCE and may_be_held):
        return "suppressed", recorded.held_by
    if holds and (may_be_held or holds[0] in ("quarantine", "observe_only")):
        return "suppressed", holds[0]
    return ("started" if due else "not_due"), None


def _differences(recorded: DecisionRecord, replayed: DecisionRecord, *, of_other_release: bool) -> list[str]:
    before, now = _without_words(recorded), _without_words(replayed)
    if of_other_release:
        # What it did not judge yet is no difference.
        now["verdicts"] = {check: now["verdicts"].get(check) for check in before["verdicts"]}
    return [
        *_tampering(recorded),
        *(path for name in before for path in differing_paths(name, before[name], now[name])),
    ]


def _tampering(recorded: DecisionRecord) -> list[str]:
    is_sealed = recorded.compute_hash() == recorded.decision_hash
    return [] if is_sealed else ["the record was changed after it was sealed"]


def _without_words(decision: DecisionRecord) -> dict[str, Any]:
    """What was decided, in outcomes and numbers; the sentences follow from these."""
    verdicts = {
        verdict.check: verdict.model_dump(mode="json", exclude={"reason", "check"}) for verdict in decision.verdicts
    }
    return {"outcome": decision.outcome, "held_by": decision.held_by, "verdicts": verdicts}
