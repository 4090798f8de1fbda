"""AWS as emulated by moto, with the table that the template describes."""

from functools import cache
from threading import Lock
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from local.paths import ROOT
from tests.aws_clients import aws_client
from tests.deployment.cloudformation import Template


def create_table(name: str) -> Any:
    """Create the table with the keys and indexes of template.yaml, and return a client."""
    properties = _table_of_the_template()
    client = aws_client("dynamodb")
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        **{key: properties[key] for key in ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")},
    )
    lock = Lock()
    reads, writes = ("get_item", "batch_get_item"), ("put_item", "update_item", "delete_item", "transact_write_items")
    for operation in (*reads, *writes):
        setattr(client, operation, _one_at_a_time(getattr(client, operation), lock))
    return client


@cache
def _table_of_the_template() -> dict[str, Any]:
    return Template(ROOT / "template.yaml").resources["Table"]["Properties"]


def lose_answers(client: Any, monkeypatch: pytest.MonkeyPatch, *operations: str) -> list[str]:
    """Lose the first answer to each of these operations, so that the SDK repeats the request.

    Returns the operations that lost an answer; clear the list to lose the next answers as well.
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
    """DynamoDB serializes writes; moto interleaves them, and its transactions fail if a table changes meanwhile."""

    def locked(**request: Any) -> Any:
        with lock:
            return operation(**request)

    return locked
