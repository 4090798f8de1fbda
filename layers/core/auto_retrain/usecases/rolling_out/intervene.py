"""What a person may do about a rollout: pause it, let it go on, promote its challenger, or abort it."""

from functools import partial
from typing import Literal

from ...domain.errors import RolloutRefused
from ...domain.facts.taking_back import RolloutIntervened
from ...domain.messages.rolling_out import RollbackOutcome
from ...domain.people import check_person
from ...domain.rollout import Intervention, Rollout
from ...domain.serving import ServingRecord
from ...ports import Ports
from ..audit.record import record as record_fact
from ..lookup import known_policy
from .newest_record import on_newest
from .take_back import abort_rollout
from .wake import wake

_Wish = Literal["pause", "promote"]
_Kind = Literal["pause", "promote", "resume"]
_DONE: dict[str, str] = {"promote": "asked to end with a promotion", "abort": "aborted"}


def pause(model_name: str, actor: str, reason: str, ports: Ports) -> ServingRecord:
    """Keep a rollout where it is; only an unhealthy challenger is still taken back. Repeating it changes nothing.

    Raises:
        ModelUnknown: nothing is known of a model of this name.
        RolloutRefused: there is no rollout, or a person has asked to end it with a promotion.
        EventInvalid: the actor or the reason cannot be recorded.
    """
    return _wish("pause", model_name, actor, reason, ports)


def promote(model_name: str, actor: str, reason: str, ports: Ports) -> ServingRecord:
    """End a rollout with a promotion whatever its statistics say, even if it is paused; repeating it changes nothing.

    The accuracy floor, the sealed validation and a required review are checked before the challenger is promoted.

    Raises: as `pause`.
    """
    promoting = _wish("promote", model_name, actor, reason, ports)
    wake(promoting, ports)
    return promoting


def resume(model_name: str, actor: str, reason: str, ports: Ports) -> ServingRecord:
    """Let a paused rollout go on; repeating it changes nothing.

    Raises: as `pause`.
    """
    check_person(actor, reason)
    return on_newest(model_name, partial(_resume, actor, reason, ports), ports)


def abort(model_name: str, actor: str, reason: str, ports: Ports) -> RollbackOutcome:
    """Take back the challenger of a rollout; if the last one was taken back already, nothing changes.

    Raises:
        ModelUnknown: nothing is known of a model of this name.
        RolloutRefused: there is no rollout that could be aborted.
        EventInvalid: the actor or the reason cannot be recorded.
    """
    check_person(actor, reason)
    record = ports.ledger.serving(model_name)
    if record.rollout is None and record.ended and record.ended.outcome == "rolled_back":
        return abort_rollout(model_name, record.ended.job_id, actor, reason, ports)
    return abort_rollout(model_name, rollout_of(record, ports).job_id, actor, reason, ports)


def rollout_of(record: ServingRecord, ports: Ports) -> Rollout:
    """The rollout of a model; raises RolloutRefused naming the model's state if there is none, or ModelUnknown."""
    if record.rollout:
        return record.rollout
    if record.champion is None:
        known_policy(record.model_name, ports)
        never = "none of its versions has been put into production"
        trained = f"see 'auto-retrain jobs {record.model_name}' for what was trained"
        raise RolloutRefused(f"'{record.model_name}' has no rollout: {never}; {trained}")
    serving = f"version {record.champion.version.number} serves since {record.champion.deployed_at:%F %T} UTC"
    ended = record.ended
    last = f"; the last one ended ({ended.outcome}) at {ended.at:%F %T} UTC: {ended.reason}" if ended else ""
    raise RolloutRefused(f"'{record.model_name}' has no rollout: {serving}{last}")


def _wish(kind: _Wish, model_name: str, actor: str, reason: str, ports: Ports) -> ServingRecord:
    check_person(actor, reason)
    return on_newest(model_name, partial(_intervene, kind, actor, reason, ports), ports)


def _intervene(kind: _Wish, actor: str, reason: str, ports: Ports, record: ServingRecord) -> ServingRecord:
    present = _undecided(record, kind, ports)
    if present and present.kind == kind:
        return record
    wish = Intervention(kind=kind, actor=actor, reason=reason, at=ports.clock.now())
    fact = _fact(record, kind, actor, reason, ports)
    noted = ports.ledger.note(record.intervened(wish), fact)
    record_fact(fact, ports)
    return noted


def _resume(actor: str, reason: str, ports: Ports, record: ServingRecord) -> ServingRecord:
    present = _undecided(record, "resume", ports)
    if present is None:
        return record
    fact = _fact(record, "resume", actor, reason, ports)
    noted = ports.ledger.note(record.resumed(present, ports.clock.now()), fact)
    record_fact(fact, ports)
    return noted


def _undecided(record: ServingRecord, kind: _Kind, ports: Ports) -> Intervention | None:
    """What a person asked for before; raises RolloutRefused if that rules out what is asked for now."""
    present = rollout_of(record, ports).intervention
    if present is None or present.kind in ("pause", kind):
        return present
    done = f"was {_DONE[present.kind]} by {present.actor} at {present.at:%F %T} UTC"
    raise RolloutRefused(f"the rollout of '{record.model_name}' {done}: {present.reason}; it can only be aborted now")


def _fact(record: ServingRecord, kind: _Kind, actor: str, reason: str, ports: Ports) -> RolloutIntervened:
    return RolloutIntervened(
        model_name=record.model_name,
        job_id=rollout_of(record, ports).job_id,
        actor=actor,
        at=ports.clock.now(),
        intervention=kind,
        reason=reason,
    )
