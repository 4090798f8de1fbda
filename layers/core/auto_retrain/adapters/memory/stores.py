"""Policies, decisions, sweeps and notifications in memory; thread-safe."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from threading import RLock

from ...domain.channels import ChannelName
from ...domain.decision_record import DecisionRecord
from ...domain.errors import NotificationFailed, PolicyConflict
from ...domain.facts.fact import Fact
from ...domain.facts.policies import applied_fact
from ...domain.fleet import SweepMark
from ...domain.model_state import ModelState
from ...domain.notification import Notification
from ...domain.policy.notify import Routing
from ...domain.policy.policy import AppliedPolicy, Policy, PolicyStatus
from ...ports import Clock
from .audit import MemoryAuditLog
from .jobs import MemoryModelStates


class MemoryPolicyStore:
    """PolicyStore in a dictionary; the fleet's states come from a ModelStates."""

    def __init__(self, states: MemoryModelStates) -> None:
        self._states = states
        self._versions: dict[str, list[AppliedPolicy]] = {}
        self._lock = RLock()

    def apply(
        self,
        policy: Policy,
        actor: str,
        at: datetime,
        *,
        status: PolicyStatus = PolicyStatus.ACTIVE,
        note: str = "",
        after: int | None = None,
    ) -> AppliedPolicy:
        with self._lock:
            versions = self._versions.setdefault(policy.model, [])
            if after not in (None, len(versions)):
                raise PolicyConflict(f"the policy of '{policy.model}' is now at version {len(versions)}, not {after}")
            if not versions or (versions[-1].policy, versions[-1].status) != (policy, status):
                applied = AppliedPolicy(
                    policy=policy,
                    version=len(versions) + 1,
                    status=status,
                    note=note,
                    applied_at=at,
                    applied_by=actor,
                )
                self._states.audit.extend([applied_fact(applied)])
                versions.append(applied)
            return versions[-1]

    def get(self, model_name: str) -> AppliedPolicy | None:
        versions = self._versions.get(model_name)
        return versions[-1] if versions and versions[-1].status is not PolicyStatus.REMOVED else None

    def newest(self, model_names: Sequence[str], unreadable: list[str] | None = None) -> dict[str, AppliedPolicy]:
        return {name: self._versions[name][-1] for name in model_names if self._versions.get(name)}

    def history(self, model_name: str) -> list[AppliedPolicy]:
        return self._versions.get(model_name, [])[::-1]

    def fleet(self, unreadable: list[str] | None = None) -> Iterator[tuple[AppliedPolicy, ModelState]]:
        for model_name in sorted(self._versions):
            applied = self.get(model_name)
            if applied:
                yield applied, self._states.get(model_name)

    def listing_alarm(self, alarm: str) -> list[str]:
        return [applied.policy.model for applied, _ in self.fleet() if alarm in applied.policy.triggers.alarms]

    def index_alarms(self, fleet: Iterable[AppliedPolicy], anew: Iterable[AppliedPolicy]) -> None:
        """Nothing was stored before this process."""


class MemoryDecisionLog:
    """DecisionLog in a dictionary."""

    def __init__(self, audit: MemoryAuditLog) -> None:
        self._audit = audit
        self._decisions: dict[tuple[str, datetime, str], DecisionRecord] = {}
        self._evidence: dict[tuple[str, datetime, str], bytes | None] = {}

    def record(self, decision: DecisionRecord, *facts: Fact, evidence: bytes | None = None) -> None:
        place = _place_of(decision)
        stored = self._decisions.get(place)
        if stored is None or stored.decision_hash != decision.decision_hash:
            self._audit.extend(facts)
            self._decisions[place], self._evidence[place] = decision, evidence

    def stored(self, decision: DecisionRecord) -> DecisionRecord | None:
        return self._decisions.get(_place_of(decision))

    def evidence(self, decision: DecisionRecord) -> bytes | None:
        return self._evidence.get(_place_of(decision))

    def recent(self, model_name: str, limit: int) -> list[DecisionRecord]:
        decisions = [decision for key, decision in sorted(self._decisions.items()) if key[0] == model_name]
        return decisions[::-1][:limit]

    def newest_first(self, model_name: str) -> Iterator[DecisionRecord]:
        return iter(self.recent(model_name, len(self._decisions)))


def _place_of(decision: DecisionRecord) -> tuple[str, datetime, str]:
    return decision.model_name, decision.event_time, decision.key


class MemorySweepLog:
    """SweepLog of one mark."""

    def __init__(self) -> None:
        self._mark: SweepMark | None = None

    def last(self) -> SweepMark | None:
        return self._mark

    def save(self, mark: SweepMark) -> None:
        if self._mark is None or mark.at >= self._mark.at:
            self._mark = mark


class MemoryRouting:
    """RoutingStore on policies in memory."""

    def __init__(self, policies: MemoryPolicyStore) -> None:
        self._policies = policies

    def of(self, model_name: str) -> Routing:
        newest = self._policies.newest([model_name]).get(model_name)
        if newest is None:
            return Routing()
        return Routing(notify=newest.policy.notify, data_prefix=newest.policy.data.prefix)


class MemoryOutbox:
    """Outbox in a dictionary."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[ChannelName, str], Notification] = {}

    def add(self, channel: ChannelName, notification: Notification) -> None:
        self._waiting[channel, notification.event_id] = notification

    def waiting(self, channel: ChannelName, limit: int) -> list[Notification]:
        of_channel = [each for (name, _), each in self._waiting.items() if name == channel]
        return sorted(of_channel, key=lambda each: (each.at, each.event_id))[:limit]

    def remove(self, channel: ChannelName, notification: Notification) -> None:
        self._waiting.pop((channel, notification.event_id), None)


class MemoryNotificationLog:
    """NotificationLog in a dictionary: each name's owner, None once people were notified, and when that expires."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._claims: dict[str, tuple[str | None, datetime]] = {}
        self._lock = RLock()

    def claim(self, name: str, owner: str, until: datetime) -> bool:
        with self._lock:
            claimed_by, expires_at = self._claims.get(name, (owner, until))
            if claimed_by != owner and self._clock.now() <= expires_at:
                if claimed_by is None:
                    return False
                raise NotificationFailed(f"another call is sending the notification '{name}'")
            self._claims[name] = (owner, until)
            return True

    def confirm(self, name: str, until: datetime) -> None:
        self._claims[name] = (None, until)

    def release(self, name: str) -> None:
        self._claims.pop(name, None)
