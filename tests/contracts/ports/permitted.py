"""Stores that may send each method's requests only with the permissions that functions get for it."""

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import Any

from auto_retrain.adapters.dynamodb.table import Table
from tests.deployment.table_permissions import FOR_PEOPLE, TABLE_PERMISSIONS

_ACTIONS = {
    "get_item": "dynamodb:GetItem",
    "put_item": "dynamodb:PutItem",
    "update_item": "dynamodb:UpdateItem",
    "delete_item": "dynamodb:DeleteItem",
    "query": "dynamodb:Query",
    "check": "dynamodb:ConditionCheckItem",
}
_OF_A_TRANSACTION = {"Put": "put_item", "Update": "update_item", "Delete": "delete_item", "ConditionCheck": "check"}


class PermittedStore:
    """Each method of a store, on a client that has the method's permissions."""

    def __init__(self, port: str, client: Any, build: Callable[[Table], Any]) -> None:
        self._port, self._client, self._build = port, client, build

    def __getattr__(self, method: str) -> Any:
        name = f"{self._port}.{method}"
        permissions = TABLE_PERMISSIONS[name] | FOR_PEOPLE.get(name, set())
        return getattr(self._build(Table(_PermittedClient(self._client, permissions), "jobs", audited=True)), method)


class _PermittedClient:
    def __init__(self, client: Any, permissions: set[str]) -> None:
        self._client, self._permissions = client, permissions

    def __getattr__(self, operation: str) -> Any:
        def send(**request: Any) -> Any:
            for needed in _needed(operation, request):
                assert any(fnmatchcase(needed, permission) for permission in self._permissions), f"{needed} is denied"
            return getattr(self._client, operation)(**request)

        return send


def _needed(operation: str, request: dict[str, Any]) -> Iterator[str]:
    if operation == "transact_write_items":
        for action in request["TransactItems"]:
            ((kind, part),) = action.items()
            yield from _needed(_OF_A_TRANSACTION[kind], part)
    elif operation == "batch_get_item":
        for asked in request["RequestItems"].values():
            yield from _needed_for_batch([key["pk"]["S"] for key in asked["Keys"]])
    elif "IndexName" in request:
        yield f"{_ACTIONS[operation]} on index/{request['IndexName']}"
    else:
        yield f"{_ACTIONS[operation]} on {_partition(request)}"


def _needed_for_batch(partitions: list[str]) -> Iterator[str]:
    """One statement has to allow all keys of a batch: two that allow a part each do not."""
    by_kind = {partition.partition("#")[0]: partition for partition in sorted(partitions)}
    places = partitions if len(by_kind) == 1 else [" and ".join(by_kind[kind] for kind in sorted(by_kind))]
    yield from (f"dynamodb:BatchGetItem on {place}" for place in places)


def _partition(request: dict[str, Any]) -> str:
    if "KeyConditionExpression" in request:
        return str(request["ExpressionAttributeValues"][":pk"]["S"])
    return str((request.get("Key") or request["Item"])["pk"]["S"])
