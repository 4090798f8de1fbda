"""Which models the open incidents of several are about, in DynamoDB; forgotten by its time to live."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError

from ...ports import Clock
from .keys import Item, key
from .table import Table

RETENTION = timedelta(days=90)
# An empty set is none: the attribute goes with its last name.
_OPEN, _UNKNOWN = "open_models", "unknown_models"


class DynamoParts:
    """Parts on the table: an item for each message about several models, below the subject of the incident."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table, self._clock = table, clock

    def open(self, subject: str, incident: str, event_id: str, model_names: Sequence[str]) -> None:
        if not model_names:  # as of an event without room for them
            return
        names = {"SS": sorted(set(model_names))}
        expires_at = {"N": str(int((self._clock.now() + RETENTION).timestamp()))}
        about: Item = {"incident": {"S": incident}, _OPEN: names, _UNKNOWN: names, "expires_at": expires_at}
        self._table.put({**_key(subject, incident, event_id), **about})

    def acknowledge(self, subject: str, model_name: str) -> list[str]:
        return [
            incident
            for incident, items in self._incidents(subject).items()
            if any(model_name in _names(item, _OPEN) for item in items) and not self._left(items, model_name, _UNKNOWN)
        ]

    def end(self, subject: str, model_name: str) -> list[str]:
        return [
            incident
            for incident, items in self._incidents(subject).items()
            if not self._left(items, model_name, _OPEN, _UNKNOWN)
        ]

    def forget(self, subject: str, incident: str) -> None:
        for item in self._incidents(subject).get(incident, []):
            self._table.delete({"pk": item["pk"], "sk": item["sk"]})

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


def _partition(subject: str) -> str:
    return f"INCIDENT#{subject}"
