"""Policies in DynamoDB: the one in force, and every version that ever was."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

from botocore.exceptions import ClientError

from ...domain.errors import StoreUnavailable
from ...domain.job import ModelState
from ...domain.policy import AppliedPolicy, Policy
from .states import state_of
from .table import Table, item_of, model_key, readable, record_of


class DynamoPolicyStore:
    """PolicyStore on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, model_name: str) -> AppliedPolicy | None:
        item = self._table.get(model_key(model_name, "POLICY"))
        return record_of(item, AppliedPolicy) if item else None

    def apply(self, policy: Policy, actor: str, at: datetime) -> AppliedPolicy:
        current = self.get(policy.model)
        if current and current.policy == policy:
            return current
        version = current.version + 1 if current else 1
        applied = AppliedPolicy(policy=policy, version=version, applied_at=at, applied_by=actor)
        in_force = item_of(
            model_key(policy.model, "POLICY"),
            applied,
            version=str(version),
            fleet="FLEET",
            model_name=policy.model,
        )
        kept = item_of(model_key(policy.model, f"POLICY#v{version:04}"), applied)
        condition = "version = :version" if current else "attribute_not_exists(pk)"
        values: Any = {":version": {"S": str(current.version)}} if current else None
        try:
            self._table.transact(
                {"Put": self._table.put_action(in_force, condition, values)},
                {"Put": self._table.put_action(kept, "attribute_not_exists(pk)")},
            )
        except ClientError as error:
            return self._settle(applied, error)
        return applied

    def _settle(self, applied: AppliedPolicy, error: ClientError) -> AppliedPolicy:
        # Our own write may have arrived although its answer did not, and the SDK then tried it again.
        stored = self.get(applied.policy.model)
        if stored and stored.policy == applied.policy:
            return stored
        raise StoreUnavailable(f"policy of '{applied.policy.model}' was changed at the same moment") from error

    def fleet(self) -> Iterator[tuple[AppliedPolicy, ModelState]]:
        items = self._table.query("fleet = :fleet", {":fleet": {"S": "FLEET"}}, IndexName="fleet")
        for pk, group in groupby(items, key=lambda item: item["pk"]["S"]):
            parts = {item["sk"]["S"]: item for item in group}
            in_force = [parts["POLICY"]] if "POLICY" in parts else []
            for applied in readable(in_force, AppliedPolicy):
                yield applied, state_of(pk.removeprefix("MODEL#"), parts.get("STATE"))
