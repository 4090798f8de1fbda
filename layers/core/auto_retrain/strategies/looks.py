"""What the newest look at a rollout's present step says, and what follows from it whatever the strategy."""

from datetime import datetime, timedelta
from typing import NamedTuple

from ..domain.analysis import Analysis, RolloutEvidence
from ..domain.rollout import Rollout
from .base import Action, Hold, RollBack

# Looks are a minute apart; an older one says nothing about now.
MAX_AGE = timedelta(minutes=30)


class Seen(NamedTuple):
    """What the newest look says, how many requests the challenger answered, and since when data may be missing."""

    analysis: Analysis
    requests: int
    missing_since: datetime


def seen(rollout: Rollout, evidence: RolloutEvidence | None, at: datetime) -> Seen:
    """The newest look at the present step; what is not known is missing."""
    if evidence is None or (evidence.rollout_id, evidence.step) != (rollout.job_id, rollout.step):
        nothing = Analysis.model_construct(missing="nobody has looked at this step yet")
        return Seen(nothing, 0, rollout.since)
    analysis, requests = evidence.analysis, evidence.counts.challenger.requests
    since = evidence.held_since or evidence.looked_at
    if at - evidence.looked_at > MAX_AGE:
        analysis = analysis.changed(missing=f"the last look was at {evidence.looked_at:%Y-%m-%d %H:%M}")
    return Seen(analysis, requests, since)


def hold(rollout: Rollout, reason: str, missing_since: datetime | None, at: datetime) -> Action:
    """Wait for data, but not for ever: a rollout that falls too far behind its plan is rolled back."""
    deployment = rollout.deployment
    planned = planned_end(rollout)
    late_since = min(_counted(rollout, missing_since), planned) if missing_since else planned
    gives_up_at = late_since + timedelta(minutes=deployment.max_hold_minutes)
    if at >= gives_up_at:
        return RollBack(f"it waited for data for max_hold_minutes = {deployment.max_hold_minutes}: {reason}")
    return Hold(reason, gives_up_at)


def _counted(rollout: Rollout, missing_since: datetime) -> datetime:
    """Since when data are missing; what was missing during a pause does not count."""
    return max(missing_since, rollout.resumed_at) if rollout.resumed_at else missing_since


def too_few(rollout: Rollout, look: Seen) -> str | None:
    """Why the planned sample is not reached; None if it is."""
    planned = rollout.deployment.min_requests
    if look.requests >= planned:
        return None
    return f"the challenger has answered {look.requests} of {planned} planned requests"


def planned_end(rollout: Rollout) -> datetime:
    """When the present step would be over if nothing had ever been waited for, without its pauses."""
    return rollout.started_at + rollout.paused + timedelta(minutes=(rollout.step + 1) * rollout.deployment.step_minutes)
