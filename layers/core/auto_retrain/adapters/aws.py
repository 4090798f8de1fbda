"""Shared by all AWS adapters: clients that give up in time, and SDK errors translated into ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any, NamedTuple

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoRegionError, ParamValidationError
from botocore.session import Session, get_session

from ..domain.errors import AwsRefused, TransientError

# Transient errors although their status is 400.
_TRANSIENT_CODES = {
    "ThrottlingException",
    "ThrottledException",
    "Throttling",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "SlowDown",
    "TransactionInProgressException",
    "TransactionConflictException",
    "RequestTimeout",
    "RequestTimeoutException",
    "InternalServerError",
}


# Threads may share a client, but must not create clients at the same time.
_CREATION_LOCK = Lock()
# One for each thread of the watcher: connections beyond the pool's size are thrown away after use.
CONNECTIONS = 16
# The AWS CLI reads the first one before the other; botocore itself does not know it.
REGION_VARIABLES = ["AWS_REGION", "AWS_DEFAULT_REGION"]
NO_REGION = "no AWS region is set: export AWS_REGION (or AWS_DEFAULT_REGION), or give the profile a region"


class AwsPlace(NamedTuple):
    """Where AWS is, and as whom it is used, if not where the environment says; `keys` are the id and the secret."""

    region: str | None = None
    endpoint_url: str | None = None
    keys: tuple[str, str] | None = None


HERE = AwsPlace()


def aws_client(service: str, place: AwsPlace = HERE, *, attempts: int = 3, read_seconds: int = 10) -> Any:
    """A client that gives up after a bounded time: some attempts, with 3 s to connect and some to read each."""
    retries: Any = {"mode": "standard", "total_max_attempts": attempts}
    config = Config(retries=retries, connect_timeout=3, read_timeout=read_seconds, max_pool_connections=CONNECTIONS)
    try:
        with _CREATION_LOCK:
            return aws_session(place).create_client(service, endpoint_url=place.endpoint_url, config=config)
    except NoRegionError as error:
        raise AwsRefused(NO_REGION) from error
    except BotoCoreError as error:
        raise AwsRefused(str(error)) from error


@cache
def aws_session(place: AwsPlace) -> Session:
    """One session for all clients of a process in a place, because every session reads the same data files again."""
    # Plain botocore: boto3 would only add import time.
    session = get_session({"region": ("region", REGION_VARIABLES, None, None)})
    if place.region:
        session.set_config_variable("region", place.region)
    if place.keys:
        session.set_credentials(*place.keys)
    return session


@contextmanager
def translated(
    unavailable: type[TransientError], *, keep: frozenset[str] = frozenset(), place: str = ""
) -> Iterator[None]:
    """Raise `unavailable` for transient errors and AwsRefused for permanent ones; codes in `keep` pass unchanged.

    The messages begin with the `place` that was asked, such as a table.
    """
    asked = f"{place}: " if place else ""
    try:
        yield
    except ParamValidationError as error:
        raise AwsRefused(f"{asked}{error}") from error
    except BotoCoreError as error:
        raise unavailable(f"{asked}{error}") from error
    except ClientError as error:
        if error_code(error) in keep:
            raise
        if _is_transient(error):
            raise unavailable(f"{asked}{_words(error)}") from error
        raise AwsRefused(f"{asked}{_words(error)}") from error


def _words(error: ClientError) -> str:
    """What AWS says; a page, such as that of a proxy, is not quoted."""
    if "<html" not in str(error).lower():
        return str(error)
    return f"{error.operation_name}: {error_code(error)}, with a page instead of an answer of AWS"


def error_code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _is_transient(error: ClientError) -> bool:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= 500 or status == 429 or error_code(error) in _TRANSIENT_CODES
