"""Where events go that could not be delivered or handled."""

from typing import Any

from moto.sqs.models import sqs_backends

from local.aws.environment import ACCOUNT, REGION


def send_to_queue(arn: str, body: str) -> None:
    backend: Any = sqs_backends[ACCOUNT][REGION]
    backend.send_message(arn.rpartition(":")[2], body)
