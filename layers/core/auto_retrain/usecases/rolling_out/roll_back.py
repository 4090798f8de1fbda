"""Rolls back what serves a model, for whoever asks: a person, a notebook or an alarm."""

from datetime import datetime, timedelta
from functools import partial

from ...domain.errors import RollbackRefused
from ...domain.messages.rolling_out import RollbackAlarm, RollbackOutcome, RollbackRequest
from ...domain.people import SYSTEM_ACTOR, check_person
from ...domain.serving import ServingChange, ServingRecord
from ...ports import Ports
from ..lookup import champion_lines, known_policy
from .last_good import choices, last_good
from .take_back import take_back

# Whoever asks again this soon, or asked before it happened, means the trouble that is already dealt with.
SETTLING_TIME = timedelta(minutes=15)


def roll_back(request: RollbackRequest | RollbackAlarm, ports: Ports) -> RollbackOutcome:
    """Take back the challenger of a rollout, or else let the last good champion serve again.

    It needs nothing but the serving record; what the outcome says is pending is done by the watcher of rollouts.

    Raises:
        EventInvalid: an alarm that is not named for a model of this stage, or an actor or reason that cannot be
            recorded.
        ModelUnknown: nothing is known of a model of this name.
        RollbackRefused: there is nothing to go back to; the message names the versions that have served.
        ServingConflict: others keep changing the serving record.
    """
    if isinstance(request, RollbackAlarm):
        return _obey(request, ports)
    check_person(request.actor, request.reason)
    decide = partial(_decide, request.to, request.actor, request.reason, ports.clock.now(), ports)
    return take_back(request.model_name, decide, ports)


def _obey(request: RollbackAlarm, ports: Ports) -> RollbackOutcome:
    alarm = request.alarm
    model_name = alarm.rolls_back(ports.stage)
    decide = partial(_decide, None, SYSTEM_ACTOR, alarm.reason, alarm.time, ports)
    if alarm.state != "ALARM":
        return take_back(model_name, lambda _: f"the state of the alarm is {alarm.state}; only ALARM rolls back", ports)
    return take_back(model_name, decide, ports)


def _decide(
    to: str | None, actor: str, reason: str, asked_at: datetime, ports: Ports, record: ServingRecord
) -> ServingChange | str:
    now = ports.clock.now()
    if to is not None and record.champion:
        return _to_version(to, actor, reason, now, ports, record)
    dealt_with = _dealt_with(record, asked_at)
    if dealt_with:
        return dealt_with
    return taken_back(record, actor, reason, now, ports)


def taken_back(record: ServingRecord, actor: str, reason: str, at: datetime, ports: Ports) -> ServingChange:
    """What a rollback without a named version does now; raises as `roll_back` if there is nothing to go back to."""
    if record.champion is None:
        known_policy(record.model_name, ports)
        trained = f"see 'auto-retrain jobs {record.model_name}' for what was trained"
        raise RollbackRefused(f"no version of '{record.model_name}' has ever been put into production; {trained}")
    if record.rollout:
        return record.aborted(actor, reason, at)
    return record.rolled_back_to(last_good(record, ports), actor, reason, at)


def _to_version(
    to: str, actor: str, reason: str, at: datetime, ports: Ports, record: ServingRecord
) -> ServingChange | str:
    champion = record.champion
    if champion and to == champion.version.number:
        served = f"version {to} serves since {champion.deployed_at:%F %T} UTC"
        return record.aborted(actor, reason, at) if record.rollout else served
    target = next((line for line in champion_lines(record.model_name, ports) if line.version.number == to), None)
    if target is None:
        raise RollbackRefused(f"version {to} of '{record.model_name}' has never served; {choices(record, ports)}")
    return record.rolled_back_to(target, actor, reason, at)


def _dealt_with(record: ServingRecord, asked_at: datetime) -> str | None:
    """Why a rollback without a target has nothing to do; an alarm may be delivered late, and twice."""
    champion, taken_back_at = record.champion, record.taken_back_at
    if champion is None:
        return None
    serving = f"version {champion.version.number} serves since {champion.deployed_at:%F %T} UTC"
    if record.rollout is None and taken_back_at and asked_at - taken_back_at < SETTLING_TIME:
        newest = record.rolled_back[-1].version if record.rolled_back else "another one"
        return f"version {newest} was taken back at {taken_back_at:%F %T} UTC already; {serving}"
    newest_at = record.rollout.started_at if record.rollout else champion.deployed_at
    return f"asked for before that: {serving}" if newest_at > asked_at else None
