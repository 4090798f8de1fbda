"""Which labelled data a model learns from and is judged on, and what counts as drift in it."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from ..base import StrictRecord
from ..data_check import CheckName
from ..metric_kinds import Task


def _check_prefix(prefix: str) -> str:
    if ".." in prefix or "//" in prefix:
        raise ValueError("may not contain '..' or '//'")
    return prefix.rstrip("/")


Column = Annotated[str, Field(min_length=1, max_length=128)]
Prefix = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9/_.=-]{0,254}$"), AfterValidator(_check_prefix)]
Format = Literal["csv", "parquet"]


class LabelPolicy(StrictRecord):
    """Labels in a data set of their own, partitioned by the day they arrived; a later label corrects an earlier one."""

    prefix: Prefix = Field(description="folder in the data bucket that holds the folders date=YYYY-MM-DD")
    format: Format = "parquet"
    row_id: Column = Field(description="column that says to which row a label belongs")
    label: Column = Field(description="column with the label")


class DataPolicy(StrictRecord):
    """Date-partitioned rows with features, and with labels unless those have their own data set."""

    prefix: Prefix = Field(description="folder in the data bucket that holds the folders date=YYYY-MM-DD")
    format: Format = "parquet"
    row_id: Column = Field(description="column that identifies a row")
    label: Column = Field(description="column with what is to be predicted")
    task: Task = Field(
        default=Task.CLASSIFICATION,
        description="regression: the label is a number; classification: it is one of some classes",
    )
    positive_label: str | None = Field(
        default=None,
        description="class that precision, recall and curves are about; none: the second of two, as text",
    )
    entity: Column | None = Field(
        default=None, description="column of what several rows may belong to, such as a customer"
    )
    slices: tuple[Column, ...] = Field(
        default=(),
        max_length=10,
        description="columns for none of whose values the challenger may be significantly worse",
    )
    numeric: tuple[Column, ...] = Field(default=(), description="features that are numbers")
    categorical: tuple[Column, ...] = Field(default=(), description="features that are text")
    labels: LabelPolicy | None = None
    tolerate: tuple[CheckName, ...] = Field(
        default=(), description="data checks whose errors are downgraded to warnings"
    )
    label_delay_days: int = Field(
        default=0,
        ge=0,
        le=365,
        description="days that labels take to arrive; windows with labels end this much earlier",
    )
    min_label_share: float = Field(
        default=0.9, ge=0, le=1, description="share of the rows of each window whose label must have arrived"
    )

    @property
    def features(self) -> tuple[str, ...]:
        return (*self.numeric, *self.categorical)

    @model_validator(mode="after")
    def _columns_are_distinct(self) -> Self:
        columns = [self.row_id, self.label, *self.features]
        twice = sorted({column for column in columns if columns.count(column) > 1})
        if twice:
            raise ValueError(f"each column may have one role; named more than once: {', '.join(twice)}")
        if not self.features:
            raise ValueError("needs at least one feature in 'numeric' or 'categorical'")
        return self

    @model_validator(mode="after")
    def _has_text_beside_its_features(self) -> Self:
        if len(set(self.slices)) < len(self.slices):
            raise ValueError("slices: may not name a column twice")
        taken = {self.row_id, self.label, *self.numeric}
        wrong = sorted(taken & {*self.slices, *([self.entity] if self.entity else [])})
        if wrong:
            raise ValueError(f"entity and slices are columns of text beside row id and label, not {', '.join(wrong)}")
        return self

    @model_validator(mode="after")
    def _positive_label_is_a_class(self) -> Self:
        if self.positive_label is not None and self.task is Task.REGRESSION:
            raise ValueError(f"positive_label = '{self.positive_label}': task 'regression' has no classes")
        return self


class DriftPolicy(StrictRecord):
    """Which features are watched for drift, and how much each counts."""

    ignore: tuple[Column, ...] = Field(default=(), description="features that are not watched")
    weights: dict[Column, Annotated[float, Field(ge=0, le=100)]] = Field(
        default_factory=dict,
        description="1 for features that are not named; with 0 a feature is reported, but does not count",
    )
    min_drifted_share: float = Field(
        default=0, ge=0, le=1, description="share of the features, by weight, that must drift; 0: any one is enough"
    )
    max_missing_increase: float = Field(default=0.1, gt=0, le=1, description="a larger rise of missing values is drift")
    max_unseen_share: float = Field(default=0.05, gt=0, le=1, description="a larger share of new values is drift")
