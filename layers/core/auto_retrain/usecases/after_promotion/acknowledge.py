"""Somebody says that they know of a champion that failed, which ends the reminders."""

from functools import partial

from ...domain.errors import AcknowledgementRefused
from ...domain.facts.after_promotion import FailureAcknowledged
from ...domain.people import check_person
from ...domain.serving import ServingRecord
from ...domain.watch import Alert
from ...ports import Ports
from ..audit.record import record as record_fact
from ..lookup import known_policy
from ..rolling_out.newest_record import on_newest


def acknowledge(model_name: str, actor: str, reason: str | None, ports: Ports) -> Alert:
    """End the reminders about the champion that failed last; the first one to do so stays.

    Raises:
        ModelUnknown: nothing is known of a model of this name.
        AcknowledgementRefused: no champion of this model has failed.
        EventInvalid: the actor or the reason cannot be recorded.
    """
    check_person(actor, reason)
    return end_reminders(model_name, actor, reason, ports)


def end_reminders(model_name: str, actor: str, reason: str | None, ports: Ports) -> Alert:
    """The same, for an actor and a reason that are recorded already."""
    return on_newest(model_name, partial(_acknowledge, actor, reason, ports), ports)


def _acknowledge(actor: str, reason: str | None, ports: Ports, record: ServingRecord) -> Alert:
    alert = record.alert
    if alert is None:
        known_policy(record.model_name, ports)
        raise AcknowledgementRefused(f"no champion of '{record.model_name}' has failed, so there are no reminders")
    if alert.acknowledged:
        return alert
    at = ports.clock.now()
    known = alert.acknowledged_by(actor, reason, at)
    fact = FailureAcknowledged(
        model_name=record.model_name, job_id=alert.job_id, actor=actor, at=at, version=alert.version, reason=reason
    )
    ports.ledger.note(record.alerted(known), fact)
    record_fact(fact, ports)
    return known
