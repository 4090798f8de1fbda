"""AWS as moto plays it, with the table that the template describes."""

from threading import Lock
from typing import Any

import boto3

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
    for operation in ("transact_write_items", "get_item"):
        setattr(client, operation, _one_at_a_time(getattr(client, operation), lock))
    return client


def _one_at_a_time(operation: Any, lock: Lock) -> Any:
    """DynamoDB orders transactions; moto copies its tables for each and fails when they are touched meanwhile."""

    def locked(**request: Any) -> Any:
        with lock:
            return operation(**request)

    return locked
