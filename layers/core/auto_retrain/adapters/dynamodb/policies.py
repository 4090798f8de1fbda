"""Policies in DynamoDB: the one in force, and the history of all versions."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from botocore.exceptions import ClientError

from ...domain.errors import PolicyConflict, RecordInvalid, StoreUnavailable
from ...domain.facts.policies import applied_fact
from ...domain.model_state import ModelState
from ...domain.policy.policy import AppliedPolicy, Policy, PolicyStatus
from .alarm_index import AlarmIndex, alarms_of
from .audit_chain import AuditChain
from .fleet import fleet_items
from .keys import Item, model_key, shard_of
from .states import state_of
from .table import Table, item_of, readable, record_of

logger = logging.getLogger("auto_retrain")

_LOG = logging.getLogger(__name__)


class DynamoPolicyStore:
    """PolicyStore on the table; the newest version is also stored under its own key, which is in the fleet index."""

    def __init__(self, table: Table) -> None:
        self._table, self._alarms, self._chain = table, AlarmIndex(table), AuditChain(table)

    def get(self, model_name: str) -> AppliedPolicy | None:
        newest = self._newest(model_name)
        return newest if newest and newest.status is not PolicyStatus.REMOVED else None

    def _newest(self, model_name: str) -> AppliedPolicy | None:
        item = self._table.get(model_key(model_name, "POLICY"))
        return record_of(item, AppliedPolicy) if item else None

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
        newest = self._newest(policy.model)
        version = newest.version if newest else 0
        if after not in (None, version):
            raise PolicyConflict(f"the policy of '{policy.model}' is now at version {version}, not {after}")
        if newest and (newest.policy, newest.status) == (policy, status):
            self._alarms.add(newest)
            return newest
        applied = AppliedPolicy(
            policy=policy, version=version + 1, status=status, note=note, applied_at=at, applied_by=actor
        )
        entry = item_of(model_key(policy.model, f"POLICY#v{applied.version:06}"), applied)
        condition = "version = :version" if newest else "attribute_not_exists(pk)"
        values: Item | None = {":version": {"S": str(version)}} if newest else None
        actions = [
            {"Put": self._table.put_action(_item(applied), condition, values)},
            {"Put": self._table.put_action(entry, "attribute_not_exists(pk)")},
            *self._alarms.changes(applied, newest),
        ]
        try:
            self._chain.write(actions, [applied_fact(applied)])
        except ClientError as error:
            return self._settle(applied, after, error)
        return applied

    def _settle(self, applied: AppliedPolicy, after: int | None, error: ClientError) -> AppliedPolicy:
        stored = self._newest(applied.policy.model)
        # Our own write may have succeeded although its answer was lost, and the SDK then repeated it.
        if stored and (stored == applied or (after is None and _is_same(stored, applied))):
            return stored
        message = f"the policy of '{applied.policy.model}' was changed at the same time"
        if after is not None and after != (stored.version if stored else 0):
            raise PolicyConflict(message) from error
        raise StoreUnavailable(message) from error

    def newest(self, model_names: Sequence[str], unreadable: list[str] | None = None) -> dict[str, AppliedPolicy]:
        items = self._table.get_many([model_key(name, "POLICY") for name in model_names])
        return {applied.policy.model: applied for applied in readable(items, AppliedPolicy, unreadable)}

    def history(self, model_name: str) -> list[AppliedPolicy]:
        values: Item = {":pk": {"S": f"MODEL#{model_name}"}, ":prefix": {"S": "POLICY#v"}}
        options = {"ScanIndexForward": False, "ConsistentRead": True}
        items = self._table.query("pk = :pk AND begins_with(sk, :prefix)", values, **options)
        return list(readable(items, AppliedPolicy))

    def fleet(self, unreadable: list[str] | None = None) -> Iterator[tuple[AppliedPolicy, ModelState]]:
        for model_name, items in fleet_items(self._table):
            if "POLICY" not in items:
                continue
            try:
                member = record_of(items["POLICY"], AppliedPolicy), state_of(model_name, items.get("STATE"))
            except RecordInvalid as error:
                logger.error("skipping a model: %s", error)
                if unreadable is not None:
                    unreadable.append(str(error))
            else:
                yield member

    def listing_alarm(self, alarm: str) -> list[str]:
        if not self._alarms.is_built():
            return [applied.policy.model for applied, _ in self.fleet() if alarm in alarms_of(applied)]
        policies = (self._readable(model_name) for model_name in self._alarms.models(alarm))
        return [applied.policy.model for applied in policies if applied and alarm in alarms_of(applied)]

    def _readable(self, model_name: str) -> AppliedPolicy | None:
        """A policy that cannot be read must not keep the alarm from the other models."""
        try:
            return self.get(model_name)
        except RecordInvalid as error:
            _LOG.error("the policy of %s is left out: %s", model_name, error)
            return None

    def index_alarms(self, fleet: Iterable[AppliedPolicy], anew: Iterable[AppliedPolicy]) -> None:
        if not self._alarms.is_built():
            self._alarms.build(fleet)
        else:
            for applied in anew:
                self._alarms.add(applied)


def _is_same(stored: AppliedPolicy, applied: AppliedPolicy) -> bool:
    return (stored.policy, stored.status) == (applied.policy, applied.status)


def _item(applied: AppliedPolicy) -> Item:
    model_name = applied.policy.model
    # A removed policy is in no index, but its version numbers continue.
    in_fleet = {} if applied.status is PolicyStatus.REMOVED else {"fleet": shard_of(model_name)}
    return item_of(model_key(model_name, "POLICY"), applied, version=str(applied.version), **in_fleet)
