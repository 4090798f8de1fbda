"""Texts that mean the same: two spellings of one value, and words for a value that is missing."""

import re
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from .canonical_text import decimal_text

# Written by exports, spreadsheets and conversions to text.
MISSING_WORDS = frozenset({"", "-", "#n/a", "<na>", "n/a", "na", "nan", "nat", "nil", "none", "null"})
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]{1,2})?", re.ASCII)


def folded(text: str) -> str:
    """One text for all spellings that differ only in case, surrounding blanks, or how a number is written."""
    plain = text.strip().casefold()
    return decimal_text(Decimal(plain)) if _NUMBER.fullmatch(plain) else plain


def means_missing(text: str) -> bool:
    return text.strip().casefold() in MISSING_WORDS


def alike(texts: Iterable[str]) -> list[tuple[str, ...]]:
    """Groups of texts that differ only in spelling, each sorted."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for text in texts:
        groups[folded(text)].append(text)
    return [tuple(sorted(group)) for group in groups.values() if len(group) > 1]
