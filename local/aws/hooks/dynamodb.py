"""Hooks of DynamoDB: writes are atomic, and transactions and queries cheap."""

import copy
import threading
from typing import Any
from unittest.mock import patch

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

from local.aws.hooks.hook import Hook


def serve_dynamodb_requests_one_at_a_time() -> Hook:
    """AWS makes a conditional write or a transaction one step for everybody else.

    moto's threads see, and overwrite, each other's unfinished ones.
    """
    original, lock = DynamoHandler.call_action, threading.Lock()

    def call_action(self: DynamoHandler) -> Any:
        with lock:
            return original(self)

    return patch.object(DynamoHandler, "call_action", call_action)


def roll_back_only_the_transaction() -> Hook:
    """AWS charges a transaction only for the items it touches, in time as well.

    moto copies the whole table for each transaction, which takes seconds once the table holds a fleet.
    """
    original = DynamoDBBackend.transact_write_items

    def transact_write_items(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        before = [_current_item(self, *operation) for item in transact_items for operation in item.items()]
        try:
            with patch.object(Table, "__deepcopy__", lambda table, memo: table, create=True):
                original(self, transact_items)
        except Exception:
            for table, keys, item in before:
                _restore_item(table, keys, item)
            raise

    return patch.object(DynamoDBBackend, "transact_write_items", transact_write_items)


def query_only_the_items_asked_for() -> Hook:
    """AWS charges a query only for the partition it reads, in time as well.

    moto sorts the whole table before each query. The watchers make several in each pass.
    """
    original = Table.query

    def query(self: Table, *arguments: Any, hash_key_conditions: Any, **options: Any) -> Any:
        if not self.has_range_key:
            return original(self, *arguments, hash_key_conditions=hash_key_conditions, **options)
        asked_for = _partition(self, dict(hash_key_conditions))
        with patch.object(self, "all_items", lambda: asked_for):
            return original(self, *arguments, hash_key_conditions=hash_key_conditions, **options)

    return patch.object(Table, "query", query)


def _partition(table: Table, keys: dict[str, DynamoType]) -> list[Item]:
    if table.hash_key_attr in keys:
        return list(table.items.get(keys[table.hash_key_attr], {}).values())
    # That of an index, to which few items belong.
    (name, key), *_ = keys.items()
    items = [item for partition in table.items.values() for item in partition.values() if name in item.attrs]
    return [item for item in items if item.attrs[name].value == key.value]


def _current_item(backend: DynamoDBBackend, kind: str, operation: dict[str, Any]) -> tuple[Table, Any, Any]:
    table = backend.get_table(operation["TableName"])
    keys = backend.get_keys_value(table, operation["Item" if kind == "Put" else "Key"])
    return table, keys, copy.deepcopy(table.get_item(*keys))


def _restore_item(table: Table, keys: Any, item: Any) -> None:
    hash_key, range_key = keys
    if item is None:
        table.delete_item(hash_key, range_key)
    elif range_key is None:
        table.items[hash_key] = item
    else:
        table.items[hash_key][range_key] = item
