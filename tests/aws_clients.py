"""Clients of an emulated AWS.

They share one session: botocore reads its descriptions of services from disk once for each, which takes twenty times as
long as all else that a client needs, and moto ends the default session after each test.
"""

from functools import cache
from typing import Any

import boto3

REGION = "eu-central-1"


def aws_client(service: str, region: str = REGION) -> Any:
    """A new client, with keys that no real AWS accepts."""
    return _session().client(service, region_name=region)


@cache
def _session() -> boto3.Session:
    return boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing")
