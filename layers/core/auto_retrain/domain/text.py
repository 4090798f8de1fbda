"""Text that people or other systems sent, before it is shown: on one line, in the order in which it was written."""

import unicodedata
from collections.abc import Sequence

# Line breaks, control characters, marks that change the direction of what follows, and halves of characters.
_UNSAFE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
# Joiners, which are part of some scripts and of emoji.
_HARMLESS = {"\u200c", "\u200d"}


def one_line(text: str) -> str:
    """The text with every unsafe character escaped."""
    if text.isprintable():  # as almost all are; a page or a year of facts is made of very many
        return text
    return "".join(ascii(letter)[1:-1] if _is_unsafe(letter) else letter for letter in text)


def encodable(text: str) -> str:
    """The text with halves of characters escaped: JSON can name them, but no UTF-8 has them, nor can they be hashed."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def listed(names: Sequence[str], most: int) -> str:
    """The first of some names, and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def check_one_line(text: str) -> str:
    """The text itself; raises ValueError if it has an unsafe character."""
    if any(map(_is_unsafe, text)):
        raise ValueError("must be on one line, without control characters or marks that change the direction of text")
    return text


def _is_unsafe(letter: str) -> bool:
    return not letter.isprintable() and letter not in _HARMLESS and unicodedata.category(letter) in _UNSAFE
