"""What one part of a window shows to the data checks: only what merging it with the other parts needs."""

from datetime import date
from typing import Any, NamedTuple

import numpy as np

from ...domain.data_check import HoldoutDigests
from ...statistics.cells import Cells
from ...statistics.id_sample import IdSample
from .repeated_ids import RepeatedId

Array = np.ndarray[Any, Any]


class DaySample(NamedTuple):
    """Some values of each numeric feature on each day: those of the rows with the lowest random numbers.

    `days` are ordinals of dates, one for each row; `values` has one line for each feature.
    """

    days: Array
    draws: Array
    values: Array


class EntityRows(NamedTuple):
    """Rows with the lowest random numbers, with hashes of their entity and of their categories (-1 for missing).

    All rows whose number is below the `limit` are there; `rows` are all of the window.
    """

    draws: Array
    entities: Array
    numbers: Array
    categories: Array
    rows: int
    limit: float


class DayValues(NamedTuple):
    """The days with rows, as ordinals, and two values of each numeric feature on each, the same if all of them are."""

    days: Array
    ranges: Array


class LabelPart(NamedTuple):
    """Labels of rows that have an id: those that are `known`, and those too large for any metric.

    There are `classes` for a classification, up to a limit, and up to three `numbers` for a regression.
    """

    rows: int
    known: int
    beyond: int
    classes: dict[str, int]
    numbers: tuple[float, ...]


class ArrivedLabels(NamedTuple):
    """Labels in a data set of their own: how many there are, and whether any belongs to a row, perhaps respelled."""

    labels: int
    label_id: str | None
    row_id: str | None
    belong: bool
    are_alike: bool


class CategoryRows(NamedTuple):
    """Rows of each category of a feature; not `complete` if there were too many to be counted."""

    counts: dict[str, int]
    missing: int
    complete: bool


class FeaturePart(NamedTuple):
    """The features of one part of a window, or of several together.

    `few_categories` are up to two categories of each feature on each day with rows.
    """

    rows: int
    numbers: dict[str, Cells]
    categories: dict[str, CategoryRows]
    days: DayValues
    few_categories: dict[str, dict[date, tuple[str, ...]]]
    entities: EntityRows | None


class WindowPart(NamedTuple):
    """One part of a window, or several together.

    `with_id` are its rows with an id, `distinct_ids` the sum of the distinct ids of its parts.
    """

    with_id: int
    distinct_ids: int
    repeated: RepeatedId | None
    ids: IdSample
    labels: LabelPart
    arrived: ArrivedLabels | None
    features: FeaturePart
    sample: DaySample


class PartEvidence(NamedTuple):
    """One part of both windows, or several together; the digests are those of each part of the holdout, in order."""

    training: WindowPart
    holdout: WindowPart
    digests: dict[int, HoldoutDigests]
