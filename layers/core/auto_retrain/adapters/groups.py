"""Queries that can be answered together."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

Query = TypeVar("Query")
Key = TypeVar("Key", bound=Hashable)
Answer = TypeVar("Answer")


def read_in_groups(
    queries: Sequence[Query],
    key_of: Callable[[Query], Key],
    read: Callable[[Key, list[Query]], Iterable[Answer]],
    at_most: int | None = None,
) -> list[Answer]:
    """Read queries with the same key together, `at_most` so many at once; the answers, in the order of the queries."""
    groups: dict[Key, list[int]] = defaultdict(list)
    for number, query in enumerate(queries):
        groups[key_of(query)].append(number)
    answers: dict[int, Answer] = {}
    size = at_most or len(queries)
    for key, numbers in groups.items():
        for first in range(0, len(numbers), size):
            chunk = numbers[first : first + size]
            answers.update(zip(chunk, read(key, [queries[number] for number in chunk]), strict=True))
    return [answers[number] for number in range(len(queries))]
