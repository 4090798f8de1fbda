"""What rollouts have shown, in DynamoDB: one item per model, written for many models at once."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ...domain.analysis import RolloutEvidence
from ...domain.errors import AutoRetrainError, PermanentError
from .keys import Item, model_key
from .refusals import MAX_ITEM_BYTES, check_room, size_of
from .table import Table, record_of, zipped_item_of

# What puts an item into the index of active jobs, beside the jobs: somebody must look at it again. There is no order.
IN_INDEX: Item = {"active": {"S": "SERVING"}, "created_at": {"S": "-"}}

# Champions that are watched are looked at by the hour, and stay out of the way of whoever looks every minute.
WATCHED: Item = {"active": {"S": "WATCHED"}, "created_at": {"S": "-"}}

MAX_ITEMS = 100
# DynamoDB takes 4 MB, and counts names and keys a little differently.
MAX_BYTES = 3_500_000

_SORT_KEY = "ROLLOUT"

_LOG = logging.getLogger(__name__)


class DynamoEvidence:
    """The evidence of rollouts on the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def of(self, model_name: str) -> RolloutEvidence | None:
        item = self._table.get(model_key(model_name, _SORT_KEY))
        return record_of(item, RolloutEvidence) if item and "zipped" in item else None

    def keep(self, evidence: Sequence[RolloutEvidence]) -> None:
        """Store all that can be stored; the first error is raised once the others have been tried.

        A transaction takes four times as many items as a batch, so that there are few calls.
        """
        # A transaction takes no item twice; the newest counts.
        newest = {each.model_name: each for each in evidence}
        errors = [error for items in _together(map(_item, newest.values())) for error in self._put(items)]
        for error in errors[1:]:
            _LOG.error("the evidence of other rollouts was not kept either: %s", error)
        if errors:
            raise errors[0]

    def _put(self, items: list[Item]) -> Iterator[AutoRetrainError]:
        """Put some items at once; one that DynamoDB refuses does not keep out the others."""
        try:
            for item in items:
                check_room(item, MAX_ITEM_BYTES)
            self._table.transact(*({"Put": self._table.put_action(item)} for item in items))
        except PermanentError as error:
            if len(items) == 1:
                yield error
                return
            middle = len(items) // 2
            yield from self._put(items[:middle])
            yield from self._put(items[middle:])
        except AutoRetrainError as error:  # the next look is a minute away, and its counts hold those of this one
            yield error


def is_evidence(item: Mapping[str, Any]) -> bool:
    """Whether an item of the index holds evidence, not a serving record."""
    return bool(item["sk"]["S"] == _SORT_KEY)


def rollout_over(model_name: str) -> tuple[Item, str]:
    """The key and the update that take the evidence of a rollout out of the index, if there is any."""
    return model_key(model_name, _SORT_KEY), f"REMOVE {', '.join(IN_INDEX)}"


def _item(evidence: RolloutEvidence) -> Item:
    return zipped_item_of(model_key(evidence.model_name, _SORT_KEY), evidence) | IN_INDEX


def _together(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Items in groups that fit into one transaction."""
    group: list[Item] = []
    room = MAX_BYTES
    for item in items:
        size = size_of(item)
        if group and (len(group) == MAX_ITEMS or size > room):
            yield group
            group, room = [], MAX_BYTES
        group.append(item)
        room -= size
    if group:
        yield group
