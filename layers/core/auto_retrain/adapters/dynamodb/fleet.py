"""The fleet index: every model's policy, state and head of its audit chain, in shards that are read in parallel."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from heapq import merge
from itertools import groupby
from typing import Any

from ...domain.errors import RecordInvalid
from .chain_items import HEAD, head_of
from .keys import SHARDS, shard
from .table import Table

Page = list[dict[str, Any]]


def fleet_items(table: Table) -> Iterator[tuple[str, dict[str, dict[str, Any]]]]:
    """Each model's name and its items by sort key, in order of name; at most two pages of a shard are in memory.

    The table learns the heads of the audit chains, so that a decision about each model needs no call to find them.
    """
    with ThreadPoolExecutor(SHARDS) as threads:
        shards = [_read_ahead(_pages(table, number), threads) for number in range(SHARDS)]
        for pk, items in groupby(merge(*shards, key=_pk_of), key=_pk_of):
            model_name, by_key = pk.removeprefix("MODEL#"), {item["sk"]["S"]: item for item in items}
            if HEAD in by_key:
                with suppress(RecordInvalid):  # only writing needs it
                    table.learn_head(head_of(model_name, by_key[HEAD]))
            yield model_name, by_key


def _pages(table: Table, number: int) -> Iterator[Page]:
    return table.pages("fleet = :fleet", {":fleet": {"S": shard(number)}}, IndexName="fleet")


def _read_ahead(pages: Iterator[Page], threads: ThreadPoolExecutor) -> Iterator[dict[str, Any]]:
    # Requested here, not in the generator, which starts only when its first item is needed.
    return _items(threads.submit(next, pages, None), pages, threads)


def _items(
    next_page: "Future[Page | None]", pages: Iterator[Page], threads: ThreadPoolExecutor
) -> Iterator[dict[str, Any]]:
    while (page := next_page.result()) is not None:
        next_page = threads.submit(next, pages, None)
        yield from page


def _pk_of(item: dict[str, Any]) -> str:
    return str(item["pk"]["S"])
