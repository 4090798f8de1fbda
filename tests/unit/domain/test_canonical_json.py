"""Canonical JSON is what the reference implementation writes, byte for byte, and is refused where it refuses."""

import math

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from auto_retrain.domain.canonical_json import canonical_json_of

NUMBERS = st.integers() | st.floats() | st.floats(-1e-3, 1e-3) | st.integers(-(2**54), 2**54).map(float)
LEAVES = st.none() | st.booleans() | NUMBERS | st.text() | st.sampled_from(["\x7f\x1f\u2028", "\ud800", 'é\\"/\b'])
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)


@given(VALUES)
@example([-0.0, 0.0, 1e-4, 9.999e-5, 1e21, 1e16, 2.0**53, 2**53, 2**53 - 1, math.nan, math.inf])
@example({"\ue000": 1, "\U00010000": 2, "b": (1.0, 0.1), "a": {}})
@example({"of": 5e-324, "to": 1.7976931348623157e308})
def test_it_is_what_the_reference_implementation_writes(value: object) -> None:
    try:
        expected = rfc8785.dumps(value)  # type: ignore[arg-type]
    except rfc8785.CanonicalizationError:
        with pytest.raises(rfc8785.CanonicalizationError):
            canonical_json_of(value)
    else:
        assert canonical_json_of(value) == expected
