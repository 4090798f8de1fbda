"""Names the fields of a policy that are behind a problem with columns of the data."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from ...domain.errors import DataInvalid
from ...domain.policy.data import DataPolicy


@contextmanager
def naming_fields(data: DataPolicy) -> Iterator[None]:
    """Within it, DataInvalid about columns says which fields name them."""
    try:
        yield
    except DataInvalid as error:
        columns = (*error.missing, *([error.not_numeric] if error.not_numeric else []))
        if not columns:
            raise
        remedy = _remedy(data, error.not_numeric) if error.not_numeric else ""
        raise DataInvalid(f"{_named(data, columns)}: {error}{remedy}", error.missing, error.not_numeric) from error


def _named(data: DataPolicy, columns: Iterable[str]) -> str:
    fields = list(_fields(data))
    return ", ".join(f"{field} names {column}" for column in columns for field, names in fields if column in names)


def _fields(data: DataPolicy) -> Iterator[tuple[str, tuple[str | None, ...]]]:
    yield "data.row_id", (data.row_id,)
    if data.labels:
        yield "data.labels.row_id", (data.labels.row_id,)
        yield "data.labels.label", (data.labels.label,)
    else:
        yield "data.label", (data.label,)
    yield "data.numeric", data.numeric
    yield "data.categorical", data.categorical
    yield "data.entity", (data.entity,)
    yield "data.slices", data.slices
    yield "data.date_column", (data.date_column,)


def _remedy(data: DataPolicy, column: str) -> str:
    if column in data.numeric:
        return ": if these are categories, move it from data.numeric to data.categorical"
    return ": for classes, set data.task: classification"
