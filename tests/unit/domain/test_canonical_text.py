"""One text per value."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_retrain.domain.canonical_text import canonical_text, decimal_text

DIGITS = st.text("0123456789.-+eETZ: ", max_size=24)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("1.0", "1"),
        ("-7.000", "-7"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("1e+05", "100000"),
        ("1.152921504606847e+18", "1152921504606846976"),
        ("1e+22", "1e+22"),
        ("1.0E22", "1e+22"),
        ("1e-05", "0.00001"),
        ("1.50E-08", "1.5e-8"),
        ("-2.5e+00", "-2.5"),
        ("True", "true"),
        ("FALSE", "false"),
        ("2024-07-01 09:00:00.500000Z", "2024-07-01 09:00:00.5"),
        ("2024-07-01T11:00:00.123456789+0200", "2024-07-01 09:00:00.123456789"),
        ("2024-07-01 00:00", "2024-07-01"),
        ("2024-07-01 09:00:00 UTC", "2024-07-01 09:00:00"),
        ("09:00:00.500000", "09:00:00.5"),
        ("6BA7B810-9DAD-11D1-80B4-00C04FD430C8", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
    ],
)
def test_a_value_in_another_spelling_has_the_same_text(written: str, canonical: str) -> None:
    assert canonical_text(written) == canonical


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "1", "01", "01.0", "1.10", "1.", ".5", "5E12", "1e5", "1,0", "+1.0", " 1.0", "1.0 ", "1.0\n", "٣.0"),
        *("1e+999", "TRue", "yes", "NaN", "0x10", "2024-13-01 00:00:00", "0001-01-01 00:00:00+05:00"),
    ],
)
def test_a_text_that_only_resembles_another_value_stays(text: str) -> None:
    assert canonical_text(text) == text


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=20) | DIGITS | st.floats().map(repr) | st.datetimes(timezones=st.timezones()).map(str))
def test_a_canonical_text_stays_as_it_is(text: str) -> None:
    assert canonical_text(canonical_text(text)) == canonical_text(text)


@settings(max_examples=300, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_text_of_a_float_is_still_that_float(number: float) -> None:
    assert float(canonical_text(repr(number))) == number


@settings(max_examples=200, deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=12))
def test_the_text_of_a_decimal_is_still_that_decimal(number: Decimal) -> None:
    text = decimal_text(number)
    assert Decimal(text) == number
    assert decimal_text(Decimal(text)) == text
