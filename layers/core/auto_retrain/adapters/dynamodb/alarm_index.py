"""Which policies list a CloudWatch alarm: one item for each alarm and model, so that an alarm never reads the fleet."""

from collections.abc import Iterable
from typing import Any

from ...domain.policy.policy import AppliedPolicy, PolicyStatus
from .keys import Item, key
from .table import Table

_BUILT = key("FLEET", "ALARMS")
# DynamoDB's limit for a transaction, less the two items of a policy and three for the fact about it.
_MAX_CHANGES = 95


class AlarmIndex:
    """Entries are only hints: whoever reads them asks the policy, so one that was left behind does no harm."""

    def __init__(self, table: Table) -> None:
        self._table, self._is_built = table, False

    def changes(self, applied: AppliedPolicy, before: AppliedPolicy | None) -> list[dict[str, Any]]:
        """The writes that belong into the same transaction as a policy."""
        model, alarms = applied.policy.model, alarms_of(applied)
        dropped = (alarms_of(before) if before else set()) - alarms
        puts = [{"Put": self._table.put_action(_entry(alarm, model))} for alarm in sorted(alarms)]
        deletions = [{"Delete": self._table.delete_action(_entry(alarm, model))} for alarm in sorted(dropped)]
        return [*puts, *deletions][:_MAX_CHANGES]

    def models(self, alarm: str) -> list[str]:
        """The models that may list an alarm."""
        values: Item = {":pk": _entry(alarm, "")["pk"]}
        items = self._table.query("pk = :pk", values, ConsistentRead=True)
        return [str(item["sk"]["S"]).removeprefix("MODEL#") for item in items]

    def is_built(self) -> bool:
        """Whether policies of earlier releases, which wrote no entries, are indexed as well."""
        self._is_built = self._is_built or self._table.get(_BUILT) is not None
        return self._is_built

    def build(self, fleet: Iterable[AppliedPolicy]) -> None:
        """Add the entries of all policies, and remember that the index is whole."""
        for applied in fleet:
            self.add(applied)
        self._table.put(_BUILT)
        self._is_built = True

    def add(self, applied: AppliedPolicy) -> None:
        """Add the entries of a policy; those that are there already stay."""
        for alarm in sorted(alarms_of(applied)):
            self._table.put(_entry(alarm, applied.policy.model))


def alarms_of(applied: AppliedPolicy) -> set[str]:
    """The alarms that a policy lists while it is in force."""
    return set() if applied.status is PolicyStatus.REMOVED else set(applied.policy.triggers.alarms)


def _entry(alarm: str, model_name: str) -> Item:
    return key(f"ALARM#{alarm}", f"MODEL#{model_name}")
