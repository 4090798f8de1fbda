"""Several sets of training parameters tried by one retraining, given as a list of variants or as a grid."""

import json
from collections.abc import Mapping, Sequence
from itertools import product
from math import prod

from pydantic import JsonValue

from .base import LARGEST_PARAMETERS
from .errors import EventInvalid

MOST_VARIANTS = 20
# All orders of a step travel in one environment variable, of which Linux takes 128 KiB.
LARGEST_ORDERS = 64_000

Parameters = dict[str, JsonValue]


def expand_grid(grid: Mapping[str, Sequence[JsonValue]]) -> list[Parameters]:
    """Every combination of one value for each name, the last name changing fastest; none of an empty grid.

    Raises ValueError for more than are allowed, before they are made.
    """
    if not grid:
        return []
    _check_number(prod(len(values) for values in grid.values()))
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]


def check_variants(variants: Sequence[Parameters]) -> None:
    """Raise ValueError unless there are at least two, not too many, and no two alike."""
    _check_number(len(variants))
    try:
        texts = [json.dumps(variant, sort_keys=True, allow_nan=False) for variant in variants]
    except ValueError as error:
        raise ValueError("variants or grid: may not hold NaN or infinity") from error
    for index, text in enumerate(texts):
        if text in texts[:index]:
            raise ValueError(f"variants or grid: variants {texts.index(text)} and {index} are the same")
    if sum(map(len, texts)) > LARGEST_PARAMETERS:
        raise ValueError(
            f"variants or grid: together {sum(map(len, texts))} characters of JSON, {LARGEST_PARAMETERS} are allowed"
        )


def _check_number(variants: int) -> None:
    if not 2 <= variants <= MOST_VARIANTS:
        raise ValueError(f"variants or grid: {variants} variants are asked for, 2 to {MOST_VARIANTS} are allowed")


def with_common(common: Parameters, variants: Sequence[Parameters]) -> list[Parameters]:
    """Each variant on top of the parameters that all share; raises EventInvalid when they are too large together."""
    merged = [{**common, **variant} for variant in variants]
    size = sum(len(json.dumps(parameters)) for parameters in merged)
    if size > LARGEST_ORDERS:
        raise EventInvalid(
            f"variants: with the parameters that they share they are {size} characters of JSON, at most "
            f"{LARGEST_ORDERS} are allowed"
        )
    return merged
