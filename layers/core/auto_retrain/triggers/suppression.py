"""What holds a retraining back although a trigger may call for it."""

from datetime import datetime, timedelta

from ..domain.job import ModelState
from ..domain.policy import TriggerConfig

DRIFT_CHECK_INTERVAL = timedelta(hours=24)


def held_back_by(config: TriggerConfig, state: ModelState, event_time: datetime, now: datetime) -> str | None:
    """A sentence on why the model may not be retrained at this event, or None."""
    return held_by_job(state, now) or held_by_cool_down(config, state, event_time)


def held_by_job(state: ModelState, now: datetime) -> str | None:
    owner = state.owner_at(now)
    return f"job '{owner}' is already retraining this model" if owner else None


def held_by_cool_down(config: TriggerConfig, state: ModelState, event_time: datetime) -> str | None:
    if state.last_attempt_at is None:
        return None
    until = state.last_attempt_at + timedelta(hours=config.cool_down_hours)
    return f"cool-down until {until.isoformat()}" if event_time < until else None


def drift_check_due(state: ModelState, event_time: datetime) -> bool:
    """Whether drift has not been looked for during the last day."""
    last = state.last_drift_check_at
    return last is None or event_time >= last + DRIFT_CHECK_INTERVAL
