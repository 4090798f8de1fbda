"""Which account and region are emulated, and an environment in which no SDK can reach any other."""

import os
from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import patch

ACCOUNT = "123456789012"
REGION = "us-east-1"


def aws_settings(endpoint: str) -> dict[str, str]:
    """What points an SDK at the emulated account and away from credentials and profiles on this machine."""
    return {
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def isolated(port: int) -> AbstractContextManager[Any]:
    """The environment of this process while the account runs; moto calls itself, and reads MOTO_PORT for that."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    loopback = ",".join(filter(None, [os.environ.get("NO_PROXY"), "127.0.0.1", "localhost"]))
    moto = {"MOTO_PORT": str(port), "VALIDATE_LAMBDA_S3": "false", "NO_PROXY": loopback, "no_proxy": loopback}
    return patch.dict(os.environ, kept | aws_settings(f"http://127.0.0.1:{port}") | moto, clear=True)
