"""Decides whether live features have drifted from the champion's training data, or are broken."""

from ...domain.decision_record import HeldBy, Hold
from ...domain.facts.quarantine import QuarantineLasts, QuarantineLifted, QuarantineSet
from ...domain.messages.triggering import TriggerDecision
from ...domain.model_state import ModelState, Quarantine
from ...domain.names import job_id
from ...domain.policy.policy import AppliedPolicy, Policy
from ...domain.trigger_type import TriggerType
from ...domain.verdict import Verdict
from ...holds.budgets import BUDGETS, budget_hold
from ...holds.estimated_quality import holding_estimate, sentence_of
from ...holds.model import observed_hold
from ...ports import Ports
from ...triggers.data_drift import DriftVerdicts, judge_drift_evidence
from ..audit.record import announce, announce_alone
from ..lookup import policy_of
from .conclude_decision import conclude_decision
from .drift_evidence import gather_drift
from .drift_holds import answered_drift, drift_holds, waits_while_quality_holds
from .kept_evidence import with_drift
from .open_job import already_opened
from .tell_of_budget import tell_of_budget

MAX_VERDICTS = 20
MAX_PROBLEMS = 5


def detect_drift(decision: TriggerDecision, ports: Ports) -> TriggerDecision:
    """Open a job if the data have drifted, otherwise skip; quarantine the model while its data are broken.

    Raises:
        ModelUnknown: the policy was removed in the meantime.
        JobConflict: the job that held the model has just ended.
    """
    applied = policy_of(decision.model_name, ports)
    opened = already_opened(job_id(decision.model_name, decision.execution_arn), ports)
    if opened:
        return opened
    evidence = gather_drift(applied.policy, decision.event_time, ports)
    drift = judge_drift_evidence(applied.policy, evidence)
    _quarantine_or_lift(decision, applied, drift, ports)
    ports.states.record_drift_check(decision.model_name, decision.event_time)
    if decision.evidence:  # an execution that an earlier release began has none
        decision = decision.judged_on(with_drift(decision.evidence, evidence, ports))
    return conclude_decision(_decide(decision, applied, drift, ports), applied, ports).without_evidence()


def _decide(decision: TriggerDecision, applied: AppliedPolicy, drift: DriftVerdicts, ports: Ports) -> TriggerDecision:
    is_observed = applied.policy.triggers.observes(TriggerType.DATA_DRIFT)
    verdicts = recorded_verdicts(applied.policy, drift)
    judged = decision.judged(verdicts)
    reason = f"{decision.reason}; {drift.dataset.reason}"
    if drift.broken:
        return judged.held("quarantine", f"bad data: {_named(drift.broken)}")
    if drift.dataset.met and not is_observed:
        return _unless_held(judged, applied, verdicts, ports)
    held_by = _still_held_by(decision, drift, ports)
    if held_by:
        return judged.held(held_by, reason)
    if drift.dataset.met:
        hold = observed_hold(drift.dataset)
        return judged.held(hold.kind, hold.reason)
    return judged.not_due(reason)


def _still_held_by(decision: TriggerDecision, drift: DriftVerdicts, ports: Ports) -> HeldBy | None:
    """What holds a model without drift: sound data end a quarantine, and there is nothing to pay for."""
    if decision.held_by not in ("quarantine", *BUDGETS):
        return decision.held_by
    is_broken = not drift.is_sound and ports.states.get(decision.model_name).quarantine is not None
    return "quarantine" if is_broken else None


def recorded_verdicts(policy: Policy, drift: DriftVerdicts) -> list[Verdict]:
    """The verdicts on the dataset, and those on the features that matter most."""
    is_observed = policy.triggers.observes(TriggerType.DATA_DRIFT)
    verdicts = drift.verdicts[: len(drift.verdicts) - len(drift.features) + MAX_VERDICTS]
    return [verdict.as_observed() if is_observed else verdict for verdict in verdicts]


def _unless_held(
    judged: TriggerDecision, applied: AppliedPolicy, verdicts: list[Verdict], ports: Ports
) -> TriggerDecision:
    policy, reason = applied.policy, verdicts[0].reason
    answered, estimate = answered_drift(policy, verdicts, ports), holding_estimate(policy, judged.verdicts)
    state = ports.states.get(judged.model_name)
    budgets = _budget_holds(judged, applied, state, ports)
    holds = [*budgets, *drift_holds(policy, answered, judged.event_time, ports)]
    holds = holds or _wait(policy, estimate, state, judged, ports)
    tell_of_budget(policy, state, TriggerType.DATA_DRIFT, reason, holds, ports)
    if holds:
        return judged.held(holds[0].kind, "; ".join([reason, *(hold.reason for hold in holds)]))
    known = [answered.sentence] if answered else []
    known += [sentence_of(estimate)] if estimate else []
    return judged.to_start(TriggerType.DATA_DRIFT, "; ".join([reason, *known]))


def _wait(
    policy: Policy, estimate: Verdict | None, state: ModelState, judged: TriggerDecision, ports: Ports
) -> list[Hold]:
    """Wait while the quality holds; the days on which one waited are counted."""
    waits = waits_while_quality_holds(policy, estimate, state, judged.event_time)
    if waits is None:
        return []
    ports.states.record_breach(policy.model, TriggerType.DATA_DRIFT, judged.event_time.date())
    return [waits]


def _budget_holds(judged: TriggerDecision, applied: AppliedPolicy, state: ModelState, ports: Ports) -> list[Hold]:
    """What holds the answer to a drift for want of money; the fleet's budget was looked at before the data were."""
    own = budget_hold(applied.policy, state, ports.clock.now())
    of_fleet = Hold(kind="fleet_spending", reason=judged.reason) if judged.held_by == "fleet_spending" else None
    return [hold for hold in (own, of_fleet) if hold]


def _quarantine_or_lift(decision: TriggerDecision, applied: AppliedPolicy, drift: DriftVerdicts, ports: Ports) -> None:
    model, since, now = decision.model_name, decision.event_time, ports.clock.now()
    if drift.broken:
        quarantine = Quarantine(since=since, reason=_named(drift.broken))
        owner = applied.policy.owner
        fact = QuarantineSet(model_name=model, at=now, since=since, reason=quarantine.reason, owner=owner)
        if ports.states.set_quarantine(model, quarantine, fact):
            announce(fact, ports)
    elif drift.is_sound and ports.states.get(model).quarantine:
        # Announced first: if we die in between, the next attempt still sees the quarantine.
        lifted = QuarantineLifted(model_name=model, at=now, since=since)
        announce(lifted, ports)
        ports.states.set_quarantine(model, None, lifted)
    _escalate(decision, applied, ports)


def _escalate(decision: TriggerDecision, applied: AppliedPolicy, ports: Ports) -> None:
    """Remind people of a quarantine once a week: all checks of a week announce the same fact."""
    model, quarantine = decision.model_name, ports.states.get(decision.model_name).quarantine
    weeks = (decision.event_time - quarantine.since).days // 7 if quarantine else 0
    if quarantine and weeks > 0:
        fact = QuarantineLasts(
            model_name=model,
            at=ports.clock.now(),
            since=quarantine.since,
            weeks=weeks,
            reason=quarantine.reason,
            owner=applied.policy.owner,
        )
        announce_alone(fact, ports)


def _named(problems: list[str]) -> str:
    more = len(problems) - MAX_PROBLEMS
    return "; ".join(problems[:MAX_PROBLEMS]) + (f"; and {more} more" if more > 0 else "")
