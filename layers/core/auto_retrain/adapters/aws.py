"""What all AWS adapters share: clients with bounded patience, and SDK errors in our words."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from botocore.session import Session, get_session

from ..domain.errors import AwsRefused, TransientError

# Codes that mean "later" although their status is 400.
_PASSING = {
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


# Clients may be shared by threads, but not made by several at once.
_MAKING = Lock()
# As many as the watcher has threads; more would be opened and thrown away.
CONNECTIONS = 16


def aws_client(service: str) -> Any:
    """A client that gives up after a bounded time: three attempts, 3 s to connect and 10 s to read each."""
    retries: Any = {"mode": "standard", "total_max_attempts": 3}
    config = Config(retries=retries, connect_timeout=3, read_timeout=10, max_pool_connections=CONNECTIONS)
    try:
        with _MAKING:
            return aws_session().create_client(service, config=config)
    except BotoCoreError as error:
        # Such as a region that nobody named.
        raise AwsRefused(str(error)) from error


@cache
def aws_session() -> Session:
    """One session for all clients of a process: each would read the same data files again."""
    # botocore itself: boto3 adds nothing here but the time to import it.
    return get_session()


@contextmanager
def translated(unavailable: type[TransientError], *, keep: frozenset[str] = frozenset()) -> Iterator[None]:
    """Raise `unavailable` for what may pass and AwsRefused for what will not; codes in `keep` stay as they are."""
    try:
        yield
    except ParamValidationError as error:
        raise AwsRefused(str(error)) from error
    except BotoCoreError as error:
        raise unavailable(str(error)) from error
    except ClientError as error:
        if error_code(error) in keep:
            raise
        if _may_pass(error):
            raise unavailable(str(error)) from error
        raise AwsRefused(str(error)) from error


def error_code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _may_pass(error: ClientError) -> bool:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= 500 or status == 429 or error_code(error) in _PASSING
