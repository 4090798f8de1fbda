"""One text per value, however a program wrote it: what ids, labels and categories are compared by."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from math import isfinite

_WHOLE = r"-?(?:0|[1-9][0-9]*)\.0+|-0"
# Without a point or a sign, as in 5E12, it may as well be a code.
_EXPONENT = r"-?[0-9]\.[0-9]+[eE][+-]?[0-9]{1,3}|-?[0-9][eE][+-][0-9]{1,3}"
_BOOLEAN = r"True|TRUE|False|FALSE"
_CLOCK = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
_MOMENT = rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ]{_CLOCK}(?: ?(?:Z|UTC|[+-][0-9]{{2}}:?[0-9]{{2}}(?::[0-9]{{2}})?))?"
_TIME_OF_DAY = r"[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]*0"
_UUID = r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}"
_MOMENT_PARTS = re.compile(r"(.{10})[T ]([0-9:]+)(?:\.([0-9]+))? ?(?:UTC)?(.*)")
# From here on floats are no integers of 64 bits, and keep their exponents.
_LARGE = 2.0**63
_SMALLEST_PLAIN = -6


def canonical_text(text: str) -> str:
    """The text that all spellings of a value share: 1 of 1.0, true of True, UTC without a zone of moments.

    What only resembles a number stays as it is: 01, 1.10 and 5E12 may be codes.
    """
    return next((rewrite(text) for pattern, rewrite in _REWRITES if pattern.fullmatch(text)), text)


def decimal_text(number: Decimal) -> str:
    """Digits without needless zeros; only very small numbers have an exponent."""
    if number and number.adjusted() < _SMALLEST_PLAIN:
        return _with_exponent(number)
    digits = f"{number:f}"
    return _unsigned_zero(digits.rstrip("0").rstrip(".") if "." in digits else digits)


def _with_exponent(number: Decimal) -> str:
    sign, digits, _ = number.as_tuple()
    mantissa = "".join(map(str, digits)).rstrip("0")
    fraction = f".{mantissa[1:]}" if mantissa[1:] else ""
    return f"{'-' * sign}{mantissa[0]}{fraction}e{number.adjusted():+d}"


def _unsigned_zero(digits: str) -> str:
    return "0" if digits == "-0" else digits


def _whole(text: str) -> str:
    return _unsigned_zero(text.partition(".")[0])


def _float(text: str) -> str:
    value, written = float(text), Decimal(text)
    if not isfinite(value) or (written and not value):
        return text
    shortest = Decimal(repr(value))
    if abs(value) >= _LARGE:
        return _with_exponent(shortest)
    return str(int(value)) if value.is_integer() else decimal_text(shortest)


def _moment(text: str) -> str:
    parts = _MOMENT_PARTS.fullmatch(text)
    assert parts is not None
    day, clock, fraction, zone = parts.groups(default="")
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{zone}")
        utc = moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return text
    fraction = fraction.rstrip("0")
    written = utc.isoformat(" ", "seconds") + (f".{fraction}" if fraction else "")
    # As dates are written, and days by those who store them as moments.
    return written.removesuffix(" 00:00:00")


def _time_of_day(text: str) -> str:
    return text.rstrip("0").rstrip(".")


_REWRITES = [
    (re.compile(_WHOLE), _whole),
    (re.compile(_EXPONENT), _float),
    (re.compile(_BOOLEAN), str.lower),
    (re.compile(_MOMENT), _moment),
    (re.compile(_TIME_OF_DAY), _time_of_day),
    (re.compile(_UUID), str.lower),
]
# What may have another canonical text; Python and RE2 understand it.
UNUSUAL = f"^(?:{'|'.join(pattern.pattern for pattern, _ in _REWRITES)})$"
# Only texts that are shorter than so many bytes, or have a byte in one of these ranges, may be among them.
LONG_BYTES, UNUSUAL_BYTES = 8, (b"..", b"::", b"AZ")
