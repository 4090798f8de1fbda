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
    """Send one message about all that is due now, and note that of each; returns how many champions it is about.

    If we die in between, the same message is sent once more, under the same id.
    """
    alerts = {each.model_name: each.alert for each in records if each.alert and not each.alert.acknowledged}
    due = {name: alert for name, alert in alerts.items() if alert.is_due(at)}
    if not due:
        return 0
    earlier = [alert for name, alert in alerts.items() if name not in due or alert.told]
    began = min((alert.at for alert in earlier if at - alert.at <= SAME_INCIDENT), default=None)
    fact = ChampionsFailed(
        model_name=min(due),
        at=at,
        champions=tuple(_failed(name, alert, policies) for name, alert in sorted(due.items())),
        began=began,
        earlier=len(alerts) - len(due),
    )
    if not announce(fact, ports):
        return 0
    noting = partial(_note, due, at, problems, ports)
    list(pool.map(noting, due))
    return len(due)


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


def _note(due: Mapping[str, Alert], at: datetime, problems: list[str], ports: Ports, name: str) -> None:
    noting = partial(on_newest, name, partial(_reminded, due[name], at, ports), ports)
    attempt(noting, f"message about {name}", problems)


def _reminded(alert: Alert, at: datetime, ports: Ports, record: ServingRecord) -> None:
    stored = record.alert
    if stored and stored.version == alert.version and stored.told == alert.told and stored.acknowledged is None:
        ports.ledger.note(record.alerted(stored.reminded(at)))
