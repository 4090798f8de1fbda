"""How long the parts of an order take, for people who look at the trace of a retraining."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime


class Spans:
    """The parts of one order, in the order of their beginnings."""

    def __init__(self) -> None:
        self._documents: list[dict[str, str]] = []

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Times what happens inside; a part that fails is left out, as then there is no result to hold it."""
        document = {"name": name, "started_at": _now()}
        self._documents.append(document)
        yield
        document["ended_at"] = _now()

    @property
    def documents(self) -> list[dict[str, str]]:
        """For the result document: name and two moments of each part that has ended."""
        return [document for document in self._documents if "ended_at" in document]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
