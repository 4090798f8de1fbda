"""Several sets of training parameters for one retraining, given as a list of variants or as a grid."""

import json
from collections.abc import Mapping, Sequence
from itertools import product
from math import prod

from pydantic import JsonValue

from .base import MAX_PARAMETERS_LENGTH
from .errors import EventInvalid
from .order_size import bytes_in_environment
from .policy.training import TrainingPolicy

MAX_VARIANTS = 20
# Less than all orders of a step may have, because each order says more than its parameters.
MAX_VARIANTS_BYTES = 64_000

Variant = dict[str, JsonValue]


def expand_grid(grid: Mapping[str, Sequence[JsonValue]]) -> list[Variant]:
    """Every combination of one value per name, the last name varying fastest; an empty grid has none.

    Raises ValueError for too few or too many, before building any.
    """
    if not grid:
        return []
    _check_number(prod(len(values) for values in grid.values()))
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]


def check_variants(variants: Sequence[Variant]) -> None:
    """Raise ValueError unless the number of variants is allowed and all of them differ."""
    _check_number(len(variants))
    try:
        texts = [json.dumps(variant, sort_keys=True, allow_nan=False) for variant in variants]
    except ValueError as error:
        raise ValueError("variants or grid: must not contain NaN or infinity") from error
    for index, text in enumerate(texts):
        if text in texts[:index]:
            raise ValueError(f"variants or grid: variants {texts.index(text)} and {index} are the same")
    if sum(map(len, texts)) > MAX_PARAMETERS_LENGTH:
        raise ValueError(
            f"variants or grid: {sum(map(len, texts))} characters of JSON in total; "
            f"at most {MAX_PARAMETERS_LENGTH} are allowed"
        )


def check_workers(variants: int, training: TrainingPolicy) -> None:
    """Raise EventInvalid for variants of a model that several pods train together."""
    if variants and training.workers > 1:
        raise EventInvalid(
            f"variants: each is trained by one pod, but training.workers = {training.workers}; retrain without variants"
        )


def _check_number(variants: int) -> None:
    if not 2 <= variants <= MAX_VARIANTS:
        raise ValueError(f"variants or grid: the number of variants is {variants}; 2 to {MAX_VARIANTS} are allowed")


def with_common(common: Variant, variants: Sequence[Variant]) -> list[Variant]:
    """Lay each variant over the parameters that all share; raises EventInvalid if the result is too large."""
    merged = [{**common, **variant} for variant in variants]
    size = sum(bytes_in_environment(json.dumps(parameters, ensure_ascii=False)) for parameters in merged)
    if size > MAX_VARIANTS_BYTES:
        raise EventInvalid(
            f"variants: {size} bytes of JSON together with the shared parameters, with each $ counted twice; "
            f"at most {MAX_VARIANTS_BYTES} are allowed"
        )
    return merged
