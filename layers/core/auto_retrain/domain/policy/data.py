"""The labelled data that a model is trained and judged on, and what counts as drift in them."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from ..base import StrictRecord
from ..data_check import CheckName
from ..layouts import Layout
from ..metric_kinds import Task


def _check_prefix(prefix: str) -> str:
    if ".." in prefix or "//" in prefix:
        raise ValueError("must not contain '..' or '//'")
    return prefix.rstrip("/")


Column = Annotated[str, Field(min_length=1, max_length=128)]
Prefix = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9/_.=-]{0,254}$"), AfterValidator(_check_prefix)]
Format = Literal["csv", "parquet"]
MAX_PARTS = 64
_PREFIX = "folder in the data bucket with a subfolder for each UTC day"
_LAYOUT = (
    "names of the subfolders: date is date=YYYY-MM-DD, dt is dt=YYYY-MM-DD, year_month_day is year=YYYY/month=MM/day=DD"
)


class _Labels(StrictRecord):
    """What is read as labels."""

    prefix: Prefix = Field(description=_PREFIX)
    format: Format = Field(default="parquet", description="format of the files")
    row_id: Column = Field(description="column with the id of the row that a label belongs to")
    label: Column = Field(description="column with the label")


class LabelPolicy(_Labels):
    """Labels in their own data set, partitioned by the day they arrived; a later label corrects an earlier one."""

    layout: Literal["date", "dt", "year_month_day"] = Field(default="date", description=_LAYOUT)


class LabelPlace(_Labels):
    """Where labels are: in their own data set, or in that of the features."""

    layout: Layout
    date_column: str | None = None


class DataPolicy(StrictRecord):
    """Date-partitioned rows with features, and with labels unless these have their own data set."""

    prefix: Prefix = Field(description="folder in the data bucket with a subfolder for each UTC day, or with one table")
    layout: Layout = Field(
        default=Layout.DATE, description=f"{_LAYOUT}; column is one table in which date_column decides"
    )
    date_column: Column | None = Field(
        default=None, description="column with the date of each row, or a moment; for the layout column alone"
    )
    format: Format = Field(default="parquet", description="format of the files")
    row_id: Column = Field(description="column that identifies each row")
    label: Column = Field(description="column to predict")
    task: Task = Field(
        default=Task.CLASSIFICATION,
        description="classification: the label is a class; regression: it is a number",
    )
    positive_label: str | None = Field(
        default=None,
        description="class that precision, recall and curves refer to, as text (true, not True); none: the second of "
        "two classes",
    )
    entity: Column | None = Field(
        default=None, description="column that groups rows that belong together, such as those of a customer"
    )
    slices: tuple[Column, ...] = Field(
        default=(),
        max_length=10,
        description="columns; the challenger must not be significantly worse for any of their values",
    )
    numeric: tuple[Column, ...] = Field(default=(), description="numeric features")
    categorical: tuple[Column, ...] = Field(default=(), description="text features")
    labels: LabelPolicy | None = None
    tolerate: tuple[CheckName, ...] = Field(default=(), description="names of data checks whose errors become warnings")
    parts: int = Field(
        default=1, ge=1, le=MAX_PARTS, description="pods that read a window together, each a part of its objects"
    )
    label_delay_days: int = Field(
        default=0,
        ge=0,
        le=365,
        description="days until labels arrive; windows that need labels end this much earlier",
    )
    min_label_share: float = Field(
        default=0.9, ge=0, le=1, description="share of each window's rows that must have a label"
    )

    @property
    def features(self) -> tuple[str, ...]:
        return (*self.numeric, *self.categorical)

    @property
    def place_of_labels(self) -> LabelPlace:
        """Their own data set, or the labelled data themselves."""
        place, date_column = (self.labels, None) if self.labels else (self, self.date_column)
        return LabelPlace(
            prefix=place.prefix,
            layout=Layout(place.layout),
            date_column=date_column,
            format=place.format,
            row_id=place.row_id,
            label=place.label,
        )

    @model_validator(mode="after")
    def _days_are_found(self) -> Self:
        if self.layout is not Layout.COLUMN:
            if self.date_column:
                raise ValueError(f"date_column = '{self.date_column}': needs layout: column")
            return self
        if not self.date_column:
            raise ValueError("layout: column needs date_column, the name of the column with the date of each row")
        if self.format != "parquet":
            raise ValueError("layout: column needs format: parquet, whose files say which dates they hold")
        return self

    @model_validator(mode="after")
    def _columns_are_distinct(self) -> Self:
        columns = [self.row_id, self.label, *self.features]
        if len(set(columns)) < len(columns):
            twice = sorted({column for column in columns if columns.count(column) > 1})
            raise ValueError(f"a column can have only one role; named more than once: {', '.join(twice)}")
        if not self.features:
            raise ValueError("needs at least one feature in 'numeric' or 'categorical'")
        return self

    @model_validator(mode="after")
    def _groups_rows_by_other_text_columns(self) -> Self:
        if len(set(self.slices)) < len(self.slices):
            raise ValueError("slices: must not name a column twice")
        taken = {self.row_id, self.label, *self.numeric}
        clashing = sorted(taken & {*self.slices, *([self.entity] if self.entity else [])})
        if clashing:
            raise ValueError(f"entity and slices: need text columns that have no other role, not {', '.join(clashing)}")
        return self

    @model_validator(mode="after")
    def _positive_label_is_a_class(self) -> Self:
        if self.positive_label is not None and self.task is Task.REGRESSION:
            raise ValueError(f"positive_label = '{self.positive_label}': task 'regression' has no classes")
        return self


class OverallDriftPolicy(StrictRecord):
    """When all features together count as drifted: many that moved a little, of which none is beyond its threshold."""

    threshold: float = Field(default=0.1, gt=0, le=10, description="mean PSI of the features, by weight, that is drift")
    observe_only: bool = Field(default=True, description="recorded and shown, but it starts nothing")


class DriftPolicy(StrictRecord):
    """Which features are checked for drift, and how much each counts."""

    ignore: tuple[Column, ...] = Field(default=(), description="features that are not checked")
    weights: dict[Column, Annotated[float, Field(ge=0, le=100)]] = Field(
        default_factory=dict,
        description="weight per feature, 1 if not named; with 0, a feature is reported but does not count",
    )
    min_drifted_share: float = Field(
        default=0, ge=0, le=1, description="share of the features, by weight, that must drift; 0: one suffices"
    )
    max_missing_increase: float = Field(default=0.1, gt=0, le=1, description="a larger rise in missing values is drift")
    max_unseen_share: float = Field(
        default=0.05, gt=0, le=1, description="a larger share of unseen categories is drift"
    )
    seasonal: bool = Field(
        default=False, description="whether what is as it was in the same days a year before has not drifted"
    )
    wait_days_while_quality_holds: int = Field(
        default=0,
        ge=0,
        le=30,
        description="longest time for which a drift is not answered while the quality is estimated to hold; "
        "0: the estimate is only mentioned",
    )
    overall: OverallDriftPolicy = Field(
        default_factory=OverallDriftPolicy, description="when all features together count as drifted"
    )

    def weight_of(self, feature: str) -> float:
        """How much a feature counts that is not ignored."""
        return self.weights.get(feature, 1.0)
