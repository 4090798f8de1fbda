"""Keys of the table: what belongs to a model is in one partition, and so is what belongs to a job."""

from typing import Any
from zlib import crc32

# Of the index of the fleet: a single partition would be too slow for a large one, for writes as well as reads.
SHARDS = 4

Item = dict[str, dict[str, Any]]


def key(pk: str, sk: str) -> Item:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def model_key(model_name: str, sk: str) -> Item:
    return key(f"MODEL#{model_name}", sk)


def shard_of(model_name: str) -> str:
    """The partition of the index of the fleet that holds a model's items."""
    return shard(crc32(model_name.encode()) % SHARDS)


def shard(number: int) -> str:
    return f"FLEET#{number}"
