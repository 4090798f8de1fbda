"""Why DynamoDB refuses a write: somebody else was faster, it is busy, or the write itself cannot be done."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from ...domain.errors import AwsRefused, PermanentError, RecordTooLarge, StoreUnavailable
from ..aws import error_code, translated

# One write: what the API calls Put, Update or Delete.
Action = Mapping[str, Any]
# A refused part of a transaction: its write, with the code and the message of the refusal.
Reason = tuple[Action, str, str]

MAX_ITEM_BYTES = 400 << 10
# Of one transaction.
MAX_PARTS, MAX_TRANSACTION_BYTES = 100, 4 << 20
_CONDITION, _CANCELED, _INVALID = (
    "ConditionalCheckFailedException",
    "TransactionCanceledException",
    "ValidationException",
)
# In a transaction, codes have other names.
CONDITION_OF_PART = "ConditionalCheckFailed"
CONFLICT_OF_PART = "TransactionConflict"
_PASSING = frozenset(
    {
        CONFLICT_OF_PART,
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "InternalServerError",
    }
)
_ABOUT_SIZE = re.compile(r"\bsize\b.*\bexceed|\bexceed.*\bsize\b", re.IGNORECASE | re.DOTALL)


@contextmanager
def refusals_of(*actions: Action) -> Iterator[None]:
    """Translate the refusal of some writes; only that of a failed condition passes unchanged, as ClientError.

    Raises:
        StoreUnavailable: the same writes may succeed later.
        RecordTooLarge, AwsRefused: they never will.
    """
    try:
        with translated(StoreUnavailable, keep=frozenset({_CONDITION, _CANCELED, _INVALID})):
            yield
    except ClientError as error:
        if error_code(error) == _INVALID:
            raise _final((actions[0], _INVALID, str(error))) from error
        if error_code(error) == _CANCELED:
            _check_reasons(_reasons_in(error, actions), error)
        raise


def codes_of_parts(error: Exception) -> list[str]:
    """Why each part of a transaction was refused, `None` for the others, in order; empty if it was no transaction."""
    refusal = error if isinstance(error, ClientError) else error.__cause__
    if not isinstance(refusal, ClientError):
        return []
    return [reason.get("Code") or "None" for reason in refusal.response.get("CancellationReasons", [])]


def _reasons_in(error: ClientError, actions: Sequence[Action]) -> list[Reason]:
    reasons = error.response.get("CancellationReasons", [])
    coded = [(reason.get("Code") or "None", reason.get("Message") or "") for reason in reasons]
    return [(action, code, text) for action, (code, text) in zip(actions, coded, strict=False) if code != "None"]


def _check_reasons(reasons: list[Reason], error: ClientError) -> None:
    """Raise unless all that was wrong are conditions; what can never succeed counts first."""
    for reason in reasons:
        if reason[1] != CONDITION_OF_PART and reason[1] not in _PASSING:
            raise _final(reason) from error
    if reasons and all(code in _PASSING for _, code, _ in reasons):
        raise StoreUnavailable(str(error)) from error


def _final(reason: Reason) -> PermanentError:
    action, code, text = reason
    if _ABOUT_SIZE.search(text) or code == "ItemCollectionSizeLimitExceeded":
        return RecordTooLarge(f"{_name_of(action)} does not fit into the table{_sizes(action)}: {text}")
    return AwsRefused(f"DynamoDB refuses {_name_of(action)} ({code}): {text}")


def check_room(item: Mapping[str, Any], max_bytes: int) -> None:
    """Raise RecordTooLarge, before anything is written, for an item that has more bytes."""
    if size_of(item) > max_bytes:
        raise RecordTooLarge(f"{_name_of({'Item': item})} is too large for the table{_sizes({'Item': item})}")


def check_transaction(actions: Sequence[Action]) -> None:
    """Raise RecordTooLarge, before anything is written, for more writes or bytes than one transaction may have."""
    parts = [part for action in actions for part in action.values()]
    size = sum(size_of(part["Item"]) for part in parts if "Item" in part)
    if len(parts) > MAX_PARTS or size > MAX_TRANSACTION_BYTES:
        raise RecordTooLarge(
            f"{len(parts)} writes of {size} bytes about {_name_of(parts[0])} do not fit into one transaction: at most "
            f"{MAX_PARTS} writes of {MAX_TRANSACTION_BYTES} bytes are allowed"
        )


def size_of(item: Mapping[str, Any]) -> int:
    """The bytes that an item of texts and bytes takes; other kinds of values are small here."""
    values = ((name, next(iter(value.values()))) for name, value in item.items())
    return sum(len(name) + len(value if isinstance(value, bytes) else str(value).encode()) for name, value in values)


def _name_of(action: Action) -> str:
    key = action.get("Item") or action.get("Key") or {}
    return "/".join(key[part]["S"] for part in ("pk", "sk") if part in key) or "a write"


def _sizes(action: Action) -> str:
    """How large a record is, and which of its fields takes the most."""
    item = action.get("Item")
    if item is None:
        return ""
    fields = json.loads(item.get("document", {}).get("S", "{}"))
    sizes = {name: len(json.dumps(value, ensure_ascii=False).encode()) for name, value in fields.items()}
    largest = max(sizes, key=lambda name: sizes[name], default=None)
    most = f", of which {sizes[largest]} are its field '{largest}'" if largest else ""
    return f": it has {size_of(item)} bytes, at most {MAX_ITEM_BYTES} are allowed{most}"
