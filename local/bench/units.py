"""Units of DynamoDB that calls are paid by, counted from what is sent and answered."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from threading import Lock, local
from typing import Any

# aws.amazon.com/dynamodb/pricing: a read unit is 4 KB strongly consistent or 8 KB not; a write unit is 1 KB; a
# transaction takes twice as many; each index that an item is in is written as well.
READ_BYTES, WRITE_BYTES = 4096, 1024
INDEXES = (("model_name", "created_at"), ("created_month", "created_at"), ("active", "created_at"), ("fleet", "pk"))
# What an update writes is not in its request: states are small, and have one index.
UPDATED_BYTES = 2 * WRITE_BYTES


class UnitCount:
    """Counts the units of a client's calls, and the calls, by kind; threads may share the client."""

    def __init__(self, client: Any) -> None:
        self._lock, self._asked = Lock(), local()
        self.calls: Counter[str] = Counter()
        self.reads = self.writes = 0.0
        client.meta.events.register("before-call.dynamodb.*", self._sent)
        client.meta.events.register("after-call.dynamodb.*", self._answered)

    def clear(self) -> None:
        self.calls.clear()
        self.reads = self.writes = 0.0

    def _sent(self, model: Any, params: Mapping[str, Any], **_: Any) -> None:
        with self._lock:
            self._count_sent(model, params)

    def _answered(self, model: Any, parsed: Mapping[str, Any], **_: Any) -> None:
        with self._lock:
            self._count_answered(model, parsed)

    def _count_sent(self, model: Any, params: Mapping[str, Any]) -> None:
        self.calls[model.name] += 1
        request = json.loads(params["body"])
        self._asked.consistent = request.get("ConsistentRead", False)
        if model.name == "PutItem":
            self.writes += write_units(request["Item"])
        elif model.name == "UpdateItem":
            self.writes += 2 * UPDATED_BYTES / WRITE_BYTES
        elif model.name == "DeleteItem":
            self.writes += 1
        elif model.name == "TransactWriteItems":
            self.writes += sum(2 * _of_action(action) for action in request["TransactItems"])

    def _count_answered(self, model: Any, parsed: Mapping[str, Any]) -> None:
        if model.name == "GetItem":
            self.reads += read_units([parsed.get("Item", {})], consistent=self._asked.consistent)
        elif model.name == "BatchGetItem":
            items = [item for answers in parsed.get("Responses", {}).values() for item in answers]
            self.reads += sum(read_units([item], consistent=True) for item in items)
        elif model.name == "Query":
            self.reads += read_units(parsed.get("Items", []), consistent=self._asked.consistent)


def read_units(items: Iterable[Mapping[str, Any]], *, consistent: bool) -> float:
    """Of what one call reads together; at least one, also of nothing."""
    units = max(1, -(-sum(map(size_of, items)) // READ_BYTES))
    return units if consistent else units / 2


def write_units(item: Mapping[str, Any]) -> float:
    """Of an item and its copies in the indexes."""
    copies = 1 + sum(hash_key in item and range_key in item for hash_key, range_key in INDEXES)
    return copies * max(1, -(-size_of(item) // WRITE_BYTES))


def size_of(item: Mapping[str, Any]) -> int:
    """Bytes of names and values."""
    return sum(len(name) + len(_content(value)) for name, value in item.items())


def _content(value: Mapping[str, Any]) -> bytes:
    ((_, content),) = value.items()
    if isinstance(content, bytes):
        return content
    return content.encode() if isinstance(content, str) else json.dumps(content, default=str).encode()


def _of_action(action: Mapping[str, Any]) -> float:
    if "Put" in action:
        return write_units(action["Put"]["Item"])
    return 2 * UPDATED_BYTES / WRITE_BYTES if "Update" in action else 1.0
