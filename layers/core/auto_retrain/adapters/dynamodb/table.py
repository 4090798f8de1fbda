"""The table: its keys, its indexes, and items that hold a record as one JSON document."""

import logging
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain
from typing import Any, TypeVar

from pydantic import ValidationError

from ...domain.audit_chain import ChainHead
from ...domain.base import Record
from ...domain.errors import RecordInvalid, StoreUnavailable
from ..aws import translated
from .chain_items import head_key, head_of, model_of
from .keys import Item
from .old_documents import upgraded
from .refusals import check_transaction, refusals_of

AnyRecord = TypeVar("AnyRecord", bound=Record)

logger = logging.getLogger("auto_retrain")

KEYS_PER_CALL = 100
_SINGLE = {"Put": "put_item", "Update": "update_item", "Delete": "delete_item"}


def item_of(item_key: Item, record: Record, **attributes: str) -> Item:
    """An item that holds a record, with the attributes that indexes and conditions need."""
    plain = {name: {"S": value} for name, value in attributes.items()}
    return {**item_key, **plain, "document": {"S": record.model_dump_json()}}


def zipped_item_of(item_key: Item, record: Record) -> Item:
    """An item that holds a large record in a seventh of its bytes, for which every reading and writing is paid."""
    return {**item_key, "zipped": {"B": zlib.compress(record.model_dump_json().encode(), 1)}}


def record_of(item: Mapping[str, Any], kind: type[AnyRecord]) -> AnyRecord:
    """The record in an item; fields that only a newer release knows are ignored."""
    try:
        document = upgraded(_text_in(item), kind)
        return kind.model_validate_json(document, extra="ignore")
    except ValidationError as error:
        problem = _problems(error)
    except Exception as error:  # whatever a document holds, it must not stop those who read others as well
        problem = type(error).__name__
    # Outside the handler, so that pydantic's error is not chained: it quotes the document, which may hold a task token.
    raise RecordInvalid(f"'{item['pk']['S']}' cannot be read: {problem}")


def _text_in(item: Mapping[str, Any]) -> str:
    if "zipped" in item:
        return zlib.decompress(item["zipped"]["B"]).decode()
    return str(item.get("document", {}).get("S", ""))


def readable(
    items: Iterable[Mapping[str, Any]], kind: type[AnyRecord], unreadable: list[str] | None = None
) -> Iterator[AnyRecord]:
    """The records of all items that can be read; an unreadable item must not stop the others.

    What is wrong with those is added to `unreadable`.
    """
    for item in items:
        try:
            yield record_of(item, kind)
        except RecordInvalid as error:
            logger.error("skipping '%s', which cannot be read", item["pk"]["S"])
            if unreadable is not None:
                unreadable.append(str(error))


def _problems(error: ValidationError) -> str:
    details = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}" for detail in details)


def epoch(moment: datetime) -> dict[str, str]:
    """A time as a number attribute, in seconds since 1970."""
    return {"N": repr(moment.timestamp())}


def from_epoch(attribute: Mapping[str, str]) -> datetime:
    return datetime.fromtimestamp(float(attribute["N"]), UTC)


def _names_of(item_key: Item) -> tuple[str, str]:
    return item_key["pk"]["S"], item_key["sk"]["S"]


def _conditional(condition: str | None, values: Item | None) -> dict[str, Any]:
    arguments = {"ConditionExpression": condition, "ExpressionAttributeValues": values}
    return {name: value for name, value in arguments.items() if value}


class Table:
    """Calls to one table; translates all errors into ours, except failed conditions.

    If it is `audited`, whoever reads an item of a model or a job also gets the head of the model's audit chain, in the
    same call: what is written about the model next extends the chain from there.
    """

    def __init__(self, client: Any, name: str, audited: bool = False) -> None:
        self._client = client
        self._name = name
        self._audited = audited
        self._heads: dict[str, ChainHead] = {}

    def head(self, model_name: str) -> ChainHead:
        """The newest head of a model's chain that is known here; read if none is."""
        head = self._heads.get(model_name)
        if head is None:
            head = head_of(model_name, self.get_alone(head_key(model_name)))
            self.learn_head(head)
        return head

    def learn_head(self, head: ChainHead) -> None:
        """Remember a head, unless a newer one is known."""
        known = self._heads.get(head.model_name)
        if known is None or known.number <= head.number:
            self._heads[head.model_name] = head

    def forget_head(self, model_name: str) -> None:
        """Read the head of a model's chain anew the next time that it is needed."""
        self._heads.pop(model_name, None)

    def get(self, item_key: Item) -> dict[str, Any] | None:
        """Strongly consistent."""
        model_name = model_of(item_key) if self._audited else None
        if model_name is None:
            return self.get_alone(item_key)
        head = head_key(model_name)
        items = {_names_of(item): item for item in self.get_many([item_key, head])}
        with suppress(RecordInvalid):  # only writing needs it
            self.learn_head(head_of(model_name, items.get(_names_of(head))))
        return items.get(_names_of(item_key))

    def get_alone(self, item_key: Item) -> dict[str, Any] | None:
        """The same without the head of an audit chain, for those who write nothing about the model."""
        with translated(StoreUnavailable, place=f"table '{self._name}'"):
            answer = self._client.get_item(TableName=self._name, Key=item_key, ConsistentRead=True)
        item: dict[str, Any] | None = answer.get("Item")
        return item

    def get_many(self, item_keys: Sequence[Item]) -> Iterator[dict[str, Any]]:
        """The items that exist, in any order, with one call for a hundred keys; strongly consistent."""
        for first in range(0, len(item_keys), KEYS_PER_CALL):
            keys = list(item_keys[first : first + KEYS_PER_CALL])
            while keys:
                request = {self._name: {"Keys": keys, "ConsistentRead": True}}
                with translated(StoreUnavailable, place=f"table '{self._name}'"):
                    answer = self._client.batch_get_item(RequestItems=request)
                yield from answer["Responses"].get(self._name, [])
                keys = self._left_over(keys, answer)

    def _left_over(self, keys: list[Item], answer: dict[str, Any]) -> list[Item]:
        """The keys that did not fit into an answer; a table that answers none of them is too busy."""
        rest: list[Item] = answer.get("UnprocessedKeys", {}).get(self._name, {}).get("Keys", [])
        if len(rest) == len(keys):
            raise StoreUnavailable("DynamoDB answered none of the items that were asked for")
        return rest

    def put(self, item: Item, condition: str | None = None, values: Item | None = None) -> None:
        request = self.put_action(item, condition, values)
        with refusals_of(request):
            self._client.put_item(**request)

    def update(
        self, item_key: Item, expression: str, condition: str | None = None, values: Item | None = None
    ) -> dict[str, Any]:
        """Update an item and return its new attributes."""
        request = self.update_action(item_key, expression, condition, values)
        with refusals_of(request):
            item: dict[str, Any] = self._client.update_item(**request, ReturnValues="ALL_NEW")["Attributes"]
        return item

    def delete(self, item_key: Item, condition: str | None = None, values: Item | None = None) -> None:
        request = {"TableName": self._name, "Key": item_key, **_conditional(condition, values)}
        with refusals_of(request):
            self._client.delete_item(**request)

    def write(self, *actions: Mapping[str, Any]) -> None:
        """Some writes, all or none; a single one is none of the transactions, for which twice as much is paid."""
        if len(actions) != 1:
            self.transact(*actions)
            return
        ((kind, request),) = actions[0].items()
        with refusals_of(request):
            getattr(self._client, _SINGLE[kind])(**request)

    def transact(self, *actions: Mapping[str, Any]) -> None:
        """Some writes, all or none; raises RecordTooLarge, and sends nothing, for more than DynamoDB takes together."""
        check_transaction(actions)
        with refusals_of(*(part for action in actions for part in action.values())):
            self._client.transact_write_items(TransactItems=list(actions))

    def put_action(self, item: Item, condition: str | None = None, values: Item | None = None) -> dict[str, Any]:
        return {"TableName": self._name, "Item": item, **_conditional(condition, values)}

    def update_action(
        self, item_key: Item, expression: str, condition: str | None = None, values: Item | None = None
    ) -> dict[str, Any]:
        update = {"TableName": self._name, "Key": item_key, "UpdateExpression": expression}
        return {**update, **_conditional(condition, values)}

    def delete_action(self, item_key: Item) -> dict[str, Any]:
        return {"TableName": self._name, "Key": item_key}

    def query(self, condition: str, values: Item, **options: Any) -> Iterator[dict[str, Any]]:
        """All items, page by page as they are needed."""
        return chain.from_iterable(self.pages(condition, values, **options))

    def pages(self, condition: str, values: Item, **options: Any) -> Iterator[list[dict[str, Any]]]:
        """All items in pages of at most 1 MB, with one call for each page."""
        request = {
            "TableName": self._name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            **options,
        }
        while True:
            with translated(StoreUnavailable, place=f"table '{self._name}'"):
                page = self._client.query(**request)
            yield page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
