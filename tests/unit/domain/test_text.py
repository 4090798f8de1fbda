"""What people send is on one line and reads in the order in which it was written, or is refused, or shown escaped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.text import check_one_line, one_line

UNSAFE = [
    "\n",
    "\r",
    "\x00",
    "\x1b[2J",
    "\x7f",
    "\x85",
    "\u2028",
    "\u2029",
    "\u202e",
    "\u2066",
    "\u200f",
    "\ufeff",
    "\ud800",
]


@pytest.mark.parametrize("unsafe", UNSAFE)
def test_an_unsafe_character_is_refused_and_shown_escaped(unsafe: str) -> None:
    with pytest.raises(ValueError, match="must be on one line, without control characters"):
        check_one_line(f"new{unsafe}labels")
    assert one_line(f"a{unsafe}b").isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "new labels",
        "Änderung für Zoë",
        "标签",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "👩\u200d💻",
        "1\u00a0%",
    ],
)
def test_every_script_may_be_used(text: str) -> None:
    assert check_one_line(text) == one_line(text) == text


@given(st.text())
def test_escaping_never_fails_and_its_result_is_safe(text: str) -> None:
    assert check_one_line(one_line(text)) == one_line(one_line(text))
