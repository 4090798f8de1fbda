"""As much of DynamoDB as a pass over many models needs."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zlib import crc32

import boto3
from botocore.awsrequest import AWSResponse

# As many items as make up a page of a megabyte.
ITEMS_PER_PAGE = 300
# The attribute that each index is asked by, and the name of its value in the question.
INDEXES = {
    "active_jobs": ("active", ":active"),
    "fleet": ("fleet", ":fleet"),
    "by_month": ("created_month", ":value"),
}


# A request is signed before it can be answered here.
SIGNED_BY = dict.fromkeys(("aws_access_key_id", "aws_secret_access_key"), "bench")


class StoredItems:
    """Items behind the real client, which counts its calls; each takes `latency` seconds.

    An emulator copies all its tables in each transaction, which DynamoDB does not.
    """

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], Any] = {}
        self.calls: Counter[str] = Counter()
        self.latency = 0.0
        self.last_client: Any = None
        self._chosen: dict[tuple[str, str], list[Any]] = {}

    def client(self) -> Any:
        self.last_client = client = boto3.client("dynamodb", region_name="eu-central-1", **SIGNED_BY)
        client.meta.events.register("before-send.dynamodb.*", self._answer)
        return client

    def put(self, item: Any) -> None:
        self.items[item["pk"]["S"], item["sk"]["S"]] = item
        self._chosen.clear()

    def _answer(self, request: Any, event_name: str, **_: Any) -> AWSResponse:
        operation = event_name.rsplit(".", 1)[-1]
        self.calls[operation] += 1
        time.sleep(self.latency)
        answers = {
            "Query": self._query,
            "BatchGetItem": self._batch_get_item,
            "GetItem": self._get_item,
            "PutItem": self._put_item,
            "TransactWriteItems": self._transact_write_items,
        }
        content = json.dumps(answers[operation](json.loads(request.body))).encode()
        headers = {"x-amz-crc32": str(crc32(content)), "content-type": "application/x-amz-json-1.0"}
        return AWSResponse(request.url, 200, headers, _Raw(content))

    def _query(self, request: Any) -> Any:
        values = request["ExpressionAttributeValues"]
        prefix = values.get(":prefix", {}).get("S")
        attribute, name = INDEXES.get(request.get("IndexName", ""), ("", ""))
        wanted = (attribute, prefix or values[name]["S"])
        # An index answers each page at once, however large it is.
        if wanted not in self._chosen:
            self._chosen[wanted] = [
                item
                for (_, sk), item in self.items.items()
                if (sk.startswith(prefix) if prefix else item.get(attribute) == values[name])
            ]
        chosen = self._chosen[wanted]
        first = int(request.get("ExclusiveStartKey", {"pk": {"S": "0"}})["pk"]["S"])
        after = first + ITEMS_PER_PAGE
        more = {"LastEvaluatedKey": {"pk": {"S": str(after)}}} if after < len(chosen) else {}
        return {"Items": chosen[first:after], **more}

    def _batch_get_item(self, request: Any) -> Any:
        keys = [(key["pk"]["S"], key["sk"]["S"]) for key in request["RequestItems"]["jobs"]["Keys"]]
        return {"Responses": {"jobs": [self.items[key] for key in keys if key in self.items]}}

    def _get_item(self, request: Any) -> Any:
        item = self.items.get((request["Key"]["pk"]["S"], request["Key"]["sk"]["S"]))
        return {"Item": item} if item else {}

    def _put_item(self, request: Any) -> Any:
        self.put(request["Item"])
        return {}

    def _transact_write_items(self, request: Any) -> Any:
        for action in request["TransactItems"]:
            if "Put" in action:
                self.put(action["Put"]["Item"])
        return {}


class _Raw(BytesIO):
    """A body as botocore reads it."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.read()
