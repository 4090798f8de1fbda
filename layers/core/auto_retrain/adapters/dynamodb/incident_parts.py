"""Which models the open incidents of several are about, in DynamoDB; forgotten by its time to live."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from ...ports import Clock
from .keys import Item, key
from .table import Table, epoch, from_epoch

RETENTION = timedelta(days=90)
# An empty set is none: the attribute goes with its last name.
_OPEN, _UNKNOWN = "open_models", "unknown_models"


class DynamoParts:
    """Parts on the table: an item for each message about several models, below the subject of the incident.

    Apart from those there is an item for each model whose part has ended lately, with the time of its end.
    """

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table, self._clock = table, clock

    def not_ended(self, subject: str, last_at: Mapping[str, datetime]) -> list[str]:
        items = self._table.get_many([_end_key(subject, name) for name in last_at])
        ended = {item["sk"]["S"]: from_epoch(item["ended_at"]) for item in items}
        return [name for name, at in last_at.items() if name not in ended or ended[name] < at]

    def open(self, subject: str, incident: str, event_id: str, model_names: Sequence[str]) -> None:
        if not model_names:  # as of an event without room for them
            return
        names = {"SS": sorted(set(model_names))}
        about: Item = {"incident": {"S": incident}, _OPEN: names, _UNKNOWN: names, "expires_at": self._expiry()}
        self._table.put({**_key(subject, incident, event_id), **about})

    def acknowledge(self, subject: str, model_name: str) -> list[str]:
        return [
            incident
            for incident, items in self._incidents(subject).items()
            if any(model_name in _names(item, _OPEN) for item in items) and not self._left(items, model_name, _UNKNOWN)
        ]

    def end(self, subject: str, model_name: str, at: datetime) -> list[str]:
        self._note_end(subject, model_name, at)
        return [
            incident
            for incident, items in self._incidents(subject).items()
            if not self._left(items, model_name, _OPEN, _UNKNOWN)
        ]

    def forget(self, subject: str, incident: str) -> None:
        for item in self._incidents(subject).get(incident, []):
            self._table.delete({"pk": item["pk"], "sk": item["sk"]})

    def _note_end(self, subject: str, model_name: str, at: datetime) -> None:
        """Unless a later end is known; a person's computer, which says when it was, may have a clock that is fast."""
        ended_at = epoch(min(at, self._clock.now()))
        item = {**_end_key(subject, model_name), "ended_at": ended_at, "expires_at": self._expiry()}
        with suppress(ClientError):
            self._table.put(item, "attribute_not_exists(pk) OR ended_at < :ended_at", {":ended_at": ended_at})

    def _expiry(self) -> dict[str, str]:
        return {"N": str(int((self._clock.now() + RETENTION).timestamp()))}

    def _incidents(self, subject: str) -> dict[str, list[dict[str, Any]]]:
        found = defaultdict(list)
        for item in self._table.query("pk = :pk", {":pk": {"S": _partition(subject)}}, ConsistentRead=True):
            found[item["incident"]["S"]].append(item)
        return found

    def _left(self, items: Sequence[dict[str, Any]], model_name: str, *attributes: str) -> int:
        """How many names the first attribute of all items has without this one, which is removed from each."""
        return sum(len(_names(self._without(item, model_name, *attributes), attributes[0])) for item in items)

    def _without(self, item: dict[str, Any], model_name: str, *attributes: str) -> dict[str, Any]:
        """The item as it is once a name was removed, whoever removes another one at the same time."""
        held = [name for name in attributes if model_name in _names(item, name)]
        if not held:
            return item
        deleted = ", ".join(f"{name} :name" for name in held)
        values: Item = {":name": {"SS": [model_name]}}
        try:
            return self._table.update(
                {"pk": item["pk"], "sk": item["sk"]}, f"DELETE {deleted}", "attribute_exists(pk)", values
            )
        except ClientError:  # it was forgotten meanwhile
            return {}


def _names(item: dict[str, Any], attribute: str) -> Sequence[str]:
    names: Sequence[str] = item.get(attribute, {}).get("SS", ())
    return names


def _key(subject: str, incident: str, event_id: str) -> Item:
    return key(_partition(subject), f"{incident}#{event_id}")


def _end_key(subject: str, model_name: str) -> Item:
    return key(f"{_partition(subject)}#ended", model_name)


def _partition(subject: str) -> str:
    return f"INCIDENT#{subject}"
