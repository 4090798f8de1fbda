"""Numbers in sentences are short, and never say more than is known."""

import pytest

from auto_retrain.domain.numbers import shown_number, shown_p_value, stated_p_value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.94999, "0.9500"),
        (0.0, "0.0000"),
        (-1.5, "-1.5000"),
        (2.3e-5, "2.3e-05"),
        (123456.789, "123457"),
        (1.234567e138, "1.23457e+138"),
        (-1e30, "-1e+30"),
    ],
)
def test_huge_and_tiny_numbers_have_a_few_digits(value: float, expected: str) -> None:
    assert shown_number(value) == expected


def test_no_p_value_is_zero() -> None:
    assert (shown_p_value(0.0312), shown_p_value(0.0)) == ("0.0312", "< 1e-300")
    assert (stated_p_value(0.5), stated_p_value(0.0)) == ("p = 0.5", "p < 1e-300")
