"""AWS as moto plays it, with the table that the template describes."""

from threading import Lock
from typing import Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError

from local.paths import ROOT
from tests.deployment.cloudformation import Template

REGION = "eu-central-1"


def create_table(name: str) -> Any:
    """A client, and on its side the table with the very keys and indexes of template.yaml."""
    properties = Template(ROOT / "template.yaml").resources["Table"]["Properties"]
    client = boto3.client("dynamodb", region_name=REGION)
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        **{key: properties[key] for key in ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")},
    )
    lock = Lock()
    for operation in ("transact_write_items", "get_item", "put_item", "update_item", "delete_item"):
        setattr(client, operation, _one_at_a_time(getattr(client, operation), lock))
    return client


def lose_answers(client: Any, monkeypatch: pytest.MonkeyPatch, *operations: str) -> list[str]:
    """Let the first answer to each of these operations get lost on its way; the SDK then sends the request again.

    Gives the operations that lost one; clear it to let them lose another.
    """
    send, lost = client._endpoint._do_get_response, list[str]()

    def lose_first(request: Any, operation_model: Any, *rest: Any) -> Any:
        answer = send(request, operation_model, *rest)
        if operation_model.name in operations and operation_model.name not in lost:
            lost.append(operation_model.name)
            return None, ReadTimeoutError(endpoint_url="dynamodb")
        return answer

    monkeypatch.setattr(client._endpoint, "_do_get_response", lose_first)
    return lost


def _one_at_a_time(operation: Any, lock: Lock) -> Any:
    """DynamoDB orders writes; moto's mix, and its transactions fail when their tables are touched meanwhile."""

    def locked(**request: Any) -> Any:
        with lock:
            return operation(**request)

    return locked
