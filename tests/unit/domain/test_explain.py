"""A failed validation is explained in the user's own terms, whatever the input."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from auto_retrain.domain.explain import explain, shown
from auto_retrain.domain.messages.triggering import TriggerRequest


def problem_of(**fields: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        TriggerRequest(model_name="churn", **fields)
    return explain(caught.value, TriggerRequest)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"rate": float("inf")}, "parameters.rate = inf: Input should be a finite number"),
        ({"float": float("inf")}, "parameters.float = inf: Input should be a finite number"),
        ({"a": {"float": [1, {"x y": float("nan")}]}}, "parameters.a.float.1.'x y' = nan: Input should be a finite"),
        ({"a": {1, 2}}, "parameters.a = {1, 2}: input was not a valid JSON value"),
    ],
)
def test_parts_of_a_location_that_pydantic_adds_are_left_out(parameters: dict[str, Any], message: str) -> None:
    assert message in problem_of(parameters=parameters)


def test_the_prefix_value_error_is_left_out() -> None:
    assert problem_of(parameters={"a": "x" * 16_000}).startswith("parameters: 16009 characters of JSON")


@given(st.text() | st.binary() | st.integers() | st.floats())
def test_a_value_is_shown_short_and_harmless(value: object) -> None:
    text = shown(value).removesuffix("…")
    assert len(text) <= 80
    assert text.isascii()
    assert text.isprintable()
