"""The fast reader of canonical JSON agrees with RFC 8785 about every text."""

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.proof.canonical import NotCanonical, canonical_object

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=4)


@given(OBJECTS)
def test_canonical_texts_are_read(value: dict[str, Any]) -> None:
    text = rfc8785.dumps(value).decode()
    assert rfc8785.dumps(canonical_object(text)).decode() == text


@given(OBJECTS, st.booleans(), st.sampled_from([(",", ":"), (", ", ": ")]), st.booleans())
def test_whatever_is_read_is_canonical(
    value: dict[str, Any], ascii_only: bool, separators: tuple[str, str], ordered: bool
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, separators=separators, sort_keys=ordered)
    try:
        read = canonical_object(text)
    except NotCanonical:
        return
    assert rfc8785.dumps(read).decode() == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", '"fact"', "null", '{"a":1}x', ' {"a":1}', '{"b":1,"a":1}', '{"a":1,"a":1}'),
        *('{"a":1.0}', '{"a":-0}', '{"a":1e2}', '{"a":NaN}', '{"a":Infinity}', '{"a":9007199254740993}', '{"a":1e400}'),
        *('{"a":"\\u0041"}', '{"a":"\\/"}', '{"a":"\\ud800"}', '{"a":' + "9" * 5000 + "}", "[" * 100_000),
    ],
    ids=lambda text: text[:24] or "empty",
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(NotCanonical):
        canonical_object(text)
