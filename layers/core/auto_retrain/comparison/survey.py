"""What has to be known of all parts of a holdout before any of them can be summed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..domain.errors import ArtifactInvalid
from ..statistics.parted_units import PartedUnits
from ..statistics.text_hashes import hashes_of
from .areas import MAX_RANKED_CLASSES
from .code_points import code_points, values_of
from .predictions import Predictions
from .versions import ValueRows

Array = np.ndarray[Any, Any]

# From these come score levels, curves, and profiles of scores.
MAX_SAMPLED = 300_000
# Score levels also come from rows of rare classes: so many of each class and part, or all.
MAX_OF_RARE_CLASS = 200
# Sums by group take so much for each class that more do not fit into the function's memory.
MAX_CLASSES_IN_PARTS = 1000
# A column with more values names no parts of the data.
MAX_VALUES_IN_PARTS = 100_000


class PartOfPair(NamedTuple):
    """Challenger and champion, if there is one, on the rows of one part, in the same order."""

    challenger: Predictions
    champion: Predictions | None = None

    @property
    def versions(self) -> tuple[Predictions, ...]:
        return (self.challenger,) if self.champion is None else (self.challenger, self.champion)


# Reads the parts one after the other; each is freed before the next one is read.
Parts = Callable[[], Iterable[PartOfPair]]


@dataclass(frozen=True)
class Survey:
    """What all parts have in common; rows that are `sampled` are the same for both versions, and so are `rare` ones.

    `labels` counts the rows of each label: by its text, or, of numbers, of up to three of them. `origin` is near their
    mean.
    """

    units: PartedUnits
    has_entities: bool
    classes: Array | None
    labels: ValueRows
    origin: float
    slices: dict[str, ValueRows]
    sampled: PartOfPair
    rare: PartOfPair


def survey(parts: Parts, rows: int, seed: int) -> Survey:
    """Read all parts once, which have `rows` rows together; raises ArtifactInvalid if they do not fit together."""
    surveyor = _Surveyor(rows, seed)
    # No name may keep a part in memory while the next one is read.
    for _ in map(surveyor.add, parts()):
        pass
    return surveyor.result()


class _Surveyor:
    def __init__(self, rows: int, seed: int) -> None:
        self._rows, self._seed = rows, seed
        self._units, self._labels, self._total = PartedUnits(), _NONE, 0.0
        self._slices: dict[str, ValueRows] = {}
        self._classes: Array | None = None
        self._samples: list[PartOfPair] = []
        self._rare: list[PartOfPair] = []
        self._has_entities = False

    def add(self, part: PartOfPair) -> None:
        challenger = part.challenger
        self._has_entities = challenger.entities is not None
        self._units = self._units.plus(unit_hashes(challenger, self._seed))
        self._count_labels(challenger)
        self._classes = _united(self._classes, part)
        for name, values in challenger.slices.items():
            known = self._slices.get(name, _NONE)
            self._slices[name] = _checked(name, _more(known, *values_of(values)))
        self._draw(part)

    def result(self) -> Survey:
        return Survey(
            units=self._units,
            has_entities=self._has_entities,
            classes=self._classes,
            labels=self._labels,
            origin=self._total / self._rows,
            slices=self._slices,
            sampled=_joined(self._samples, self._classes),
            rare=_joined(self._rare, self._classes),
        )

    def _count_labels(self, answers: Predictions) -> None:
        labels, rows = np.unique(answers.labels, return_counts=True)
        if answers.classes is not None:
            self._labels = _more(self._labels, answers.classes[labels], rows)
            return
        # Beyond three, how many there are decides nothing.
        self._labels = ValueRows(*(each[:3] for each in _more(self._labels, labels, rows)))
        self._total += float(answers.labels.sum())

    def _draw(self, part: PartOfPair) -> None:
        drawn = np.random.default_rng([self._seed, 3, len(self._samples)]).random(part.challenger.rows)
        is_sampled = drawn < MAX_SAMPLED / self._rows
        self._samples.append(_some_of(part, is_sampled))
        self._rare.append(_some_of(part, (drawn < _shares_of_rare(part.challenger)) & ~is_sampled))


def _some_of(part: PartOfPair, chosen: Array) -> PartOfPair:
    places = np.flatnonzero(chosen)
    return PartOfPair(*(version.only(places) for version in part.versions))


def _shares_of_rare(answers: Predictions) -> Array | float:
    """With which chance a row of each label is drawn, so that there are enough of it; 0 where nothing is ranked."""
    if answers.classes is None or answers.classes.size > MAX_RANKED_CLASSES:
        return 0.0
    shares: Array = MAX_OF_RARE_CLASS / np.maximum(np.bincount(answers.labels, minlength=answers.classes.size), 1)
    return shares[answers.labels]


def unit_hashes(answers: Predictions, seed: int) -> Array:
    """A hash of what each row belongs to: its entity, or itself."""
    return hashes_of(code_points(answers.row_ids if answers.entities is None else answers.entities), seed)


_NONE = ValueRows(np.empty(0), np.empty(0, np.int64))


def _more(known: ValueRows, values: Array, rows: Array) -> ValueRows:
    """Rows by value, with those of one more part."""
    if not known.values.size:
        return ValueRows(values, rows)
    united, places = np.unique(np.concatenate([known.values, values]), return_inverse=True)
    return ValueRows(united, np.bincount(places, np.concatenate([known.rows, rows])).astype(np.int64))


def _checked(column: str, found: ValueRows) -> ValueRows:
    if found.values.size > MAX_VALUES_IN_PARTS:
        raise ArtifactInvalid(
            f"column '{column}' of data.slices has more than {MAX_VALUES_IN_PARTS} values, too many for a holdout in "
            "parts"
        )
    return found


def _united(classes: Array | None, part: PartOfPair) -> Array | None:
    known = [each.classes for each in part.versions if each.classes is not None]
    if not known:
        return None
    united = np.unique(np.concatenate([*known, *([] if classes is None else [classes])]))
    if united.size > MAX_CLASSES_IN_PARTS:
        raise ArtifactInvalid(
            f"labels and versions know more than {MAX_CLASSES_IN_PARTS} classes, too many for a holdout in parts; "
            "set data.parts: 1"
        )
    return united


def _joined(samples: list[PartOfPair], classes: Array | None) -> PartOfPair:
    versions = zip(*(part.versions for part in samples), strict=True)
    return PartOfPair(*(_concatenated(list(version), classes) for version in versions))


def _concatenated(answers: list[Predictions], classes: Array | None) -> Predictions:
    """The answers of one version for several parts; raises ArtifactInvalid if only some of them have probabilities."""
    if classes is not None:
        answers = [each.in_classes(classes) for each in answers]
    columns: dict[str, Any] = {}
    for name in ("row_ids", "labels", "predictions", "scores", "row_metric"):
        given = [getattr(each, name) for each in answers]
        missing = sum(each is None for each in given)
        if missing not in (0, len(given)):
            raise ArtifactInvalid(f"{missing} of {len(given)} parts of the holdout were scored without {name}")
        columns[name] = None if missing else np.concatenate(given)
    return Predictions(**columns, classes=classes)
