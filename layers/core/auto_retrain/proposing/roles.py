"""Proposes the role of each column, with the reason."""

from collections.abc import Sequence
from typing import NamedTuple

from ..domain.columns import ColumnFacts, Sample
from ..domain.errors import DataInvalid
from ..domain.explain import shown
from ..domain.metric_kinds import Task
from .names import is_code, is_id, is_label, names_entity

MAX_NAME_LENGTH = 128
MAX_SLICES = 3
# A slice that is rarer than this share of the rows would hardly ever be judged.
MIN_SLICE_SHARE = 0.02
MAX_SLICE_LEVELS = 10
# A text with more levels holds names, not categories.
MAX_LEVELS = 1000
# Whole numbers with more values, or with fewer rows for each, are predicted as a number, not as classes.
MAX_CLASSES, MIN_ROWS_PER_CLASS = 20, 10
# Someone who comes back has at least this many rows on average.
MIN_ROWS_PER_ENTITY = 2
CONSTANT = "the same in all rows of the sample"
_POSITIVE = ("1", "true", "yes", "y", "t", "positive", "churned", "left", "fraud", "default", "malignant")


class Choice(NamedTuple):
    """A proposed value and why; `is_guess` if a person should look at it."""

    value: str
    reason: str
    is_guess: bool = False


class Roles(NamedTuple):
    """A role for each column that has one; `left_out` says for each other column why it has none."""

    row_id: Choice
    label: Choice
    task: Task
    positive_label: Choice | None
    entity: Choice | None
    slices: tuple[Choice, ...]
    numeric: tuple[Choice, ...]
    categorical: tuple[Choice, ...]
    left_out: tuple[Choice, ...]


class Known(NamedTuple):
    """What somebody knows already: the names that a person gave, and the inputs of the model's signature."""

    row_id: str | None = None
    label: str | None = None
    inputs: tuple[str, ...] = ()


NO_ROW_ID = "row_id"
NO_LABEL = "label"


def propose_roles(sample: Sample, known: Known) -> Roles:
    """Choose a role for each column of a sample; names that `known` has must be columns of it."""
    columns = {column.name: column for column in sample.columns}
    row_id = _row_id(sample.columns, known)
    label = _label([column for column in sample.columns if column.name != row_id.value], known)
    task = _task(columns.get(label.value))
    free = [column for column in sample.columns if column.name not in (row_id.value, label.value)]
    entity = _entity([column for column in free if column.name not in known.inputs])
    features, left_out = _features([c for c in free if entity is None or c.name != entity.value], known)
    categorical = [column for column in features if _is_category(column)]
    numeric = [column for column in features if not _is_category(column)]
    return Roles(
        row_id=row_id,
        label=label,
        task=task,
        positive_label=_positive(columns.get(label.value)) if task is Task.CLASSIFICATION else None,
        entity=entity,
        slices=_slices(categorical),
        numeric=tuple(Choice(column.name, _about(column)) for column in numeric),
        categorical=tuple(Choice(column.name, _about(column)) for column in categorical),
        left_out=tuple(left_out),
    )


def propose_date_column(sample: Sample) -> Choice:
    """The column with the date of each row of one table; raises DataInvalid if none has dates."""
    dated = [column.name for column in sample.columns if column.is_dated and _can_be_named(column)]
    if not dated:
        raise DataInvalid(
            f"'{sample.name}' is one table, and no column of it has dates or timestamps, which say of which day a row "
            f"is: write such a column, or folders date=YYYY-MM-DD{_what_looks_dated(sample)}"
        )
    first, *others = dated
    reason = f"{', '.join(others)} could be it as well" if others else "the only column with dates"
    return Choice(first, reason, is_guess=bool(others))


def _what_looks_dated(sample: Sample) -> str:
    alike = next((column.name for column in sample.columns if column.kind == "time" and column.levels), None)
    how = "convert it with pandas.to_datetime, or CAST (… AS DATE) in SQL"
    return f"; {shown(alike)} looks like one but has another type: {how}" if alike else ""


def _row_id(columns: Sequence[ColumnFacts], known: Known) -> Choice:
    if known.row_id:
        return Choice(known.row_id, "as given")
    unique = [column for column in columns if _can_identify(column) and column.name not in known.inputs]
    named = [column for column in unique if is_id(column.name)]
    if named:
        return Choice(named[0].name, "each row has a value of its own, and the name is that of an id")
    texts = [column for column in unique if column.kind == "text" and not is_label(column.name)]
    if texts:
        return Choice(texts[0].name, "each row of the sample has a value of its own", is_guess=True)
    return Choice(NO_ROW_ID, "no column of the sample identifies its rows: add one to the data", is_guess=True)


def _can_be_named(column: ColumnFacts) -> bool:
    """Whether a policy can name it."""
    return 0 < len(column.name) <= MAX_NAME_LENGTH


def _can_identify(column: ColumnFacts) -> bool:
    return _can_be_named(column) and column.is_unique and column.kind in ("whole", "text")


def _label(columns: Sequence[ColumnFacts], known: Known) -> Choice:
    if known.label:
        return Choice(known.label, "as given")
    possible = [column for column in columns if _can_be_label(column) and column.name not in known.inputs]
    named = [column for column in possible if is_label(column.name)]
    if len(named) == 1:
        return Choice(named[0].name, "the name is that of a label")
    if known.inputs and len(possible) == 1:
        return Choice(possible[0].name, "the only column that is not an input of the model")
    alike = [c for c in columns if is_label(c.name) and _has_no_choice(c) and c.name not in known.inputs]
    if alike and not named:
        return Choice(alike[0].name, f"the name is that of a label, but {_same(alike[0])}", is_guess=True)
    last = (named or possible)[-1:]
    if not last:
        return Choice(NO_LABEL, "no column of the sample can be predicted", is_guess=True)
    reason = "several columns have names of labels" if named else "no column has the name of a label"
    return Choice(last[0].name, f"{reason}, and this is the last one", is_guess=True)


def _has_no_choice(column: ColumnFacts) -> bool:
    return column.is_constant and column.kind not in ("time", "other")


def _same(column: ColumnFacts) -> str:
    remedy = "give rows with others in --sample, or another --label"
    if not column.levels:
        return f"no row of the sample has a value; {remedy}"
    return f"all {column.present} rows of the sample have the same value ({shown(column.levels[0][0])}); {remedy}"


def _can_be_label(column: ColumnFacts) -> bool:
    if not _can_be_named(column) or column.is_constant or column.kind in ("time", "other") or is_id(column.name):
        return False
    return column.is_numeric or column.distinct <= MAX_CLASSES


def _task(label: ColumnFacts | None) -> Task:
    if label is None or label.kind in ("text", "boolean"):
        return Task.CLASSIFICATION
    few = label.distinct <= min(MAX_CLASSES, label.present / MIN_ROWS_PER_CLASS)
    return Task.CLASSIFICATION if label.kind == "whole" and few else Task.REGRESSION


def _positive(label: ColumnFacts | None) -> Choice | None:
    if label is None or label.distinct != 2 or len(label.levels) < 2:
        return None
    named = [level for level, _ in label.levels if level.lower() in _POSITIVE]
    if len(named) == 1:
        return Choice(named[0], "by its name")
    rarer, rows = min(label.levels, key=lambda level: level[1])
    return Choice(rarer, f"the rarer class, {rows} of {label.present} rows", is_guess=True)


def _entity(columns: Sequence[ColumnFacts]) -> Choice | None:
    """The named entity with the most values, if its rows come back."""
    coming_back = [
        column
        for column in columns
        if names_entity(column.name)
        and column.kind in ("text", "whole")
        and column.distinct > 1
        and column.present >= MIN_ROWS_PER_ENTITY * column.distinct
        and (column.distinct > MAX_SLICE_LEVELS or is_id(column.name))
    ]
    if not coming_back:
        return None
    most = max(coming_back, key=lambda column: column.distinct)
    return Choice(most.name, f"{most.distinct} values, each in {most.present / most.distinct:.0f} rows on average")


def _features(columns: Sequence[ColumnFacts], known: Known) -> tuple[list[ColumnFacts], list[Choice]]:
    features: list[ColumnFacts] = []
    left_out: list[Choice] = []
    for column in columns:
        why_not = _why_no_feature(column, known)
        if why_not:
            left_out.append(Choice(column.name, why_not))
        else:
            features.append(column)
    return features, left_out


def _why_no_feature(column: ColumnFacts, known: Known) -> str | None:
    if not _can_be_named(column):
        return f"its name must have 1 to {MAX_NAME_LENGTH} characters"
    if known.inputs:
        return None if column.name in known.inputs else "not an input of the model"
    if column.kind == "other":
        return "its cells are neither numbers nor text"
    if column.kind == "time":
        return "a time; derive features from it before"
    if column.is_constant:
        return CONSTANT
    if is_id(column.name):
        return "an id"
    if column.kind == "text" and column.distinct > min(MAX_LEVELS, column.present / 2):
        return f"{column.distinct} different texts are names, not categories"
    return None


def _is_category(column: ColumnFacts) -> bool:
    return column.kind in ("text", "boolean", "time", "other") or is_code(column.name)


def _slices(categorical: Sequence[ColumnFacts]) -> tuple[Choice, ...]:
    """Groups that are few and large enough to be judged, those with the most even shares first."""
    able = [
        column for column in categorical if 2 <= column.distinct <= MAX_SLICE_LEVELS and _rarest(column) is not None
    ]
    able.sort(key=lambda column: -(_rarest(column) or 0))
    return tuple(
        Choice(column.name, f"{column.distinct} groups, the smallest has {_percent(_rarest(column) or 0)} of the rows")
        for column in able[:MAX_SLICES]
    )


def _rarest(column: ColumnFacts) -> float | None:
    share = min((rows for _, rows in column.levels), default=0) / max(column.rows, 1)
    return share if share >= MIN_SLICE_SHARE else None


def _about(column: ColumnFacts) -> str:
    gaps = f", {_percent(column.missing / column.rows)} missing" if column.missing else ""
    if _is_category(column):
        return f"{column.distinct} levels{gaps}"
    return f"{'whole numbers' if column.kind == 'whole' else 'numbers'}{gaps}"


def _percent(share: float) -> str:
    return "less than 1 %" if share < 0.01 else f"{100 * share:.0f} %"
