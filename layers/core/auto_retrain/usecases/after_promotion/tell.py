"""Tells people of champions that failed: one message for all of them, repeated until somebody knows."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from datetime import datetime, timedelta
from functools import partial

from ...domain.facts.after_promotion import ChampionsFailed, FailedChampion
from ...domain.policy.policy import AppliedPolicy
from ...domain.serving import ServingRecord
from ...domain.watch import Alert
from ...ports import Ports
from ..audit.record import announce
from ..isolation import attempt
from ..lookup import owner_in
from ..rolling_out.newest_record import on_newest

# What fails this soon after something else failed is told as a part of that.
SAME_INCIDENT = timedelta(hours=12)


def tell(
    records: Sequence[ServingRecord],
    policies: Mapping[str, AppliedPolicy],
    at: datetime,
    problems: list[str],
    pool: Executor,
    ports: Ports,
) -> int:
    """Send one message as soon as any champion is due, and note that of each; returns how many champions it is about.

    It is about all that nobody has acknowledged: if each were told of by its own clock, champions that failed at
    different hours would be a message in each of these hours, day after day. If we die in between, the same message is
    sent once more, under the same id.
    """
    alerts = {each.model_name: each.alert for each in records if each.alert and not each.alert.acknowledged}
    if not any(alert.is_due(at) for alert in alerts.values()):
        return 0
    told = [alert.at for alert in alerts.values() if alert.told]
    began = min((each for each in told if timedelta() <= at - each <= SAME_INCIDENT), default=None)
    fact = ChampionsFailed(
        model_name=min(alerts),
        at=at,
        champions=tuple(_failed(name, alert, policies) for name, alert in sorted(alerts.items())),
        began=began,
    )
    # It is in no chain: that of each model says what happened to it, and one about thousands would fit into none.
    if not announce(fact, ports):
        return 0
    noting = partial(_note, alerts, at, problems, ports)
    list(pool.map(noting, alerts))
    return len(alerts)


def _failed(name: str, alert: Alert, policies: Mapping[str, AppliedPolicy]) -> FailedChampion:
    return FailedChampion(
        model_name=name,
        version=alert.version,
        reason=alert.reason,
        taken_back=alert.taken_back,
        told=alert.told,
        owner=owner_in(policies.get(name)),
        at=alert.at,
    )


def _note(alerts: Mapping[str, Alert], at: datetime, problems: list[str], ports: Ports, name: str) -> None:
    noting = partial(on_newest, name, partial(_reminded, alerts[name], at, ports), ports)
    attempt(noting, f"message about {name}", problems)


def _reminded(alert: Alert, at: datetime, ports: Ports, record: ServingRecord) -> None:
    stored = record.alert
    if stored and stored.version == alert.version and stored.told == alert.told and stored.acknowledged is None:
        ports.ledger.note(record.alerted(stored.reminded(at)))
