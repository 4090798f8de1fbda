"""What holds drift back although it is met: a champion chosen on its days, an earlier answer, quality that holds."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from ...domain.decision_record import Hold
from ...domain.model_state import ModelState, RejectedJob, with_breach
from ...domain.policy.policy import Policy
from ...domain.trigger_type import TriggerType
from ...domain.verdict import Verdict
from ...holds.estimated_quality import quality_hold
from ...ports import Ports
from ...statistics.psi import shift_of_psi
from ...triggers.overall_drift import OVERALL

_DRIFT = TriggerType.DATA_DRIFT


class AnsweredDrift(NamedTuple):
    """An earlier drift of the same features, no smaller than today's, whose challenger was not promoted."""

    job: RejectedJob
    # Until then, training again would learn from hardly any other days.
    until: datetime

    @property
    def sentence(self) -> str:
        return f"the same features drifted as much on {self.job.at:%F}, and the challenger was not promoted"


def drift_holds(policy: Policy, answered: AnsweredDrift | None, at: datetime, ports: Ports) -> list[Hold]:
    """What holds back a drift that may have been answered before, at the time of an event."""
    holds = [*_chosen_on_the_same_days(policy, at, ports)]
    if answered and at < answered.until:
        reason = f"{answered.sentence}; held until {answered.until:%F}, or until it grows"
        holds.append(Hold(kind="same_drift", reason=reason, until=answered.until))
    return holds


def waits_while_quality_holds(policy: Policy, estimate: Verdict | None, state: ModelState, at: datetime) -> Hold | None:
    """What holds back a drift, which is met at this time, while an estimate says that the quality holds."""
    return quality_hold(policy, estimate, with_breach(state.breach_days(_DRIFT), at.date()), at)


def _chosen_on_the_same_days(policy: Policy, at: datetime, ports: Ports) -> Iterator[Hold]:
    """The champion was better on these rows already; and one trained now would learn from none that are newer."""
    line = ports.ledger.current(policy.model)
    if line is None or line.windows is None:
        return
    until = datetime.combine(line.windows.holdout.end, time(), UTC) + policy.triggers.evaluation_window
    if at < until:
        days = f"the live window holds days on which version {line.version.number} was chosen"
        yield Hold(kind="new_champion", reason=f"{days}, until {until:%F}", until=until)


def answered_drift(policy: Policy, verdicts: Iterable[Verdict], ports: Ports) -> AnsweredDrift | None:
    """The newest such drift since the last promotion, if there is one."""
    drifted, rejections = _drifted(verdicts), ports.states.get(policy.model).rejections.get(_DRIFT)
    for rejected in reversed(rejections.jobs if rejections and drifted else ()):
        job = ports.jobs.get(rejected.job_id)
        then = _known(job.trigger_verdicts) if job else {}
        if all(check in then and not _has_grown(policy, check, then[check], psi) for check, psi in drifted.items()):
            return AnsweredDrift(rejected, rejected.at + timedelta(days=policy.triggers.max_back_off_days))
    return None


def _has_grown(policy: Policy, check: str, then: float, now: float) -> bool:
    """Whether it moved on by as much as its threshold reports; a large PSI differs more by chance than that."""
    threshold = policy.drift.overall.threshold if check == OVERALL else policy.triggers.drift_threshold
    return shift_of_psi(now) - shift_of_psi(then) > shift_of_psi(threshold)


def _drifted(verdicts: Iterable[Verdict]) -> dict[str, float]:
    """The PSI of each feature that drifted, and the mean one if all of them together did."""
    return _sizes(each for each in verdicts if each.met and not each.observed_only)


def _known(verdicts: Iterable[Verdict]) -> dict[str, float]:
    """What an earlier job knew of; that all features together fell just short of their threshold is no other drift."""
    return _sizes(each for each in verdicts if each.met or each.check == OVERALL)


def _sizes(verdicts: Iterable[Verdict]) -> dict[str, float]:
    of_drift = (each for each in verdicts if each.check == OVERALL or each.check.startswith(f"{_DRIFT.value}:"))
    return {each.check: each.value for each in of_drift if each.value is not None}
