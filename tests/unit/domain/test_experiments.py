"""A grid expands to variants, and each variant includes the shared parameters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.errors import EventInvalid
from auto_retrain.domain.experiments import expand_grid, with_common

GRIDS = st.dictionaries(st.text(max_size=3), st.lists(st.integers(), min_size=1, max_size=2, unique=True), max_size=4)


@given(GRIDS)
def test_a_grid_gives_every_combination_once(grid: dict[str, list[int]]) -> None:
    number = 1
    for values in grid.values():
        number *= len(values)
    if not 2 <= number <= 20:
        return

    variants = expand_grid(grid)  # type: ignore[arg-type]

    assert len(variants) == len({tuple(variant.items()) for variant in variants}) == number
    assert all(variant[name] in grid[name] for variant in variants for name in grid)


def test_the_last_name_varies_fastest() -> None:
    assert expand_grid({"a": [1, 2], "b": ["x", "y"]}) == [
        {"a": 1, "b": "x"},
        {"a": 1, "b": "y"},
        {"a": 2, "b": "x"},
        {"a": 2, "b": "y"},
    ]


def test_a_variant_overrides_the_shared_parameters() -> None:
    assert with_common({"a": 1, "b": 1}, [{"b": 2}, {"c": 3}]) == [{"a": 1, "b": 2}, {"a": 1, "b": 1, "c": 3}]


@pytest.mark.parametrize(("text", "size"), [("x", 15_000), ("日", 5_000), ("$", 7_500)])
def test_variants_too_large_for_the_orders_are_refused(text: str, size: int) -> None:
    with pytest.raises(EventInvalid, match=r"variants: 75.* with the shared parameters, .*; at most 64000"):
        with_common({"text": text * size}, [{"a": number} for number in range(5)])
