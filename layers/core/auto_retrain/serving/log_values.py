"""The values that a program gives to the prediction log, as its schema holds them; raises ValueError for others."""

import math
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

MAX_TEXT = 256


def text(value: Any) -> str | None:
    """A text, or a number or UUID as text."""
    value = _plain(value)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | UUID):
        raise ValueError(f"an id is text or a whole number, not {type(value).__name__}")
    as_text = str(value)
    if len(as_text) > MAX_TEXT:
        raise ValueError(f"a text has more than {MAX_TEXT} characters")
    return _encodable(as_text)


def finite(value: Any) -> float | None:
    """A number; None if it is not finite."""
    value = _plain(value)
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def prediction_of(value: Any) -> tuple[str | float | bool | None, str | None]:
    """The answer, and what is wrong with it: an answer that is not a finite number is an error of the version."""
    value = _plain(value)
    if value is None or isinstance(value, bool):
        return value, None
    if isinstance(value, str):
        return text(value), None
    if not isinstance(value, int | float | Decimal):
        raise ValueError(f"an answer is text, a number or a boolean, not {type(value).__name__}")
    number = float(value)
    return (number, None) if math.isfinite(number) else (None, f"the answer is {number}")


def moment(value: datetime) -> float:
    """Seconds since 1970."""
    if value.tzinfo is None:
        raise ValueError("a time needs a zone")
    return value.timestamp()


def shortened(error: Any) -> str:
    """Why there is no answer, not empty."""
    return _encodable(str(error)[:MAX_TEXT]) or type(error).__name__


def _plain(value: Any) -> Any:
    """Numbers and texts of numpy as those of Python."""
    if value is None or type(value) in (str, int, float, bool):
        return value
    item = getattr(value, "item", None)
    return item() if callable(item) else value


def _encodable(value: str) -> str:
    """Half a surrogate pair would make the whole file unreadable."""
    return value if value.isascii() else value.encode(errors="replace").decode()
