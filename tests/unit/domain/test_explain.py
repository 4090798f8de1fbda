"""A failed validation is explained in the user's own terms, whatever the input."""

from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from auto_retrain.domain.explain import explain, shown
from auto_retrain.domain.messages.triggering import TriggerRequest


def problem_of(**fields: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        TriggerRequest(model_name="churn", **fields)
    return explain(caught.value, TriggerRequest)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"rate": float("inf")}, "parameters.rate = inf: must be a finite number"),
        ({"float": float("inf")}, "parameters.float = inf: must be a finite number"),
        ({"a": {"float": [1, {"x y": float("nan")}]}}, "parameters.a.float.1.'x y' = nan: must be a finite"),
        ({"a": {1, 2}}, "parameters.a = {1, 2}: input was not a valid JSON value"),
    ],
)
def test_parts_of_a_location_that_pydantic_adds_are_left_out(parameters: dict[str, Any], message: str) -> None:
    assert message in problem_of(parameters=parameters)


class Bounded(BaseModel):
    model_config = ConfigDict(strict=True)

    parts: int = Field(default=1, ge=1, le=64)
    threshold: float = Field(default=1, gt=0, le=10)
    above: float = Field(default=1, gt=0)
    weights: tuple[Annotated[int, Field(ge=1, le=99)], ...] = ()
    shares: dict[str, Annotated[float, Field(ge=0, le=1)]] = {}
    count: int | None = Field(default=None, ge=2, le=3)
    free: int = 0


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("parts", "three", "parts = 'three': must be a whole number (allowed: 1 to 64)"),
        ("parts", 0, "parts = 0: must be greater than or equal to 1 (allowed: 1 to 64)"),
        ("threshold", -1.0, "threshold = -1.0: must be greater than 0 (allowed: above 0 and at most 10)"),
        ("threshold", "x", "threshold = 'x': must be a number (allowed: above 0 and at most 10)"),
        ("above", -1.0, "above = -1.0: must be greater than 0"),
        ("above", "x", "above = 'x': must be a number (allowed: above 0)"),
        ("weights", (1, 100), "weights.1 = 100: must be less than or equal to 99 (allowed: 1 to 99)"),
        ("shares", {"a": "x"}, "shares.a = 'x': must be a number (allowed: 0 to 1)"),
        ("count", "x", "count = 'x': must be a whole number (allowed: 2 to 3)"),
        ("free", "x", "free = 'x': must be a whole number"),
    ],
)
def test_a_number_that_is_refused_comes_with_what_is_allowed(field: str, value: Any, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Bounded.model_validate({field: value})
    assert explain(caught.value, Bounded) == message


def test_the_prefix_value_error_is_left_out() -> None:
    assert problem_of(parameters={"a": "x" * 16_000}).startswith("parameters: 16009 characters of JSON")


@given(st.text() | st.binary() | st.integers() | st.floats())
def test_a_value_is_shown_short_and_harmless(value: object) -> None:
    text = shown(value).removesuffix("…")
    assert len(text) <= 80
    assert text.isascii()
    assert text.isprintable()
