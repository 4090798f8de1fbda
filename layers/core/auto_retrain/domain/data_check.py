"""What was found in the data of a job before anything was trained on them."""

from typing import Literal

from pydantic import Field

from .base import Record

CheckName = Literal[
    "row_ids", "overlap", "labels", "dead_column", "missing_values", "unit_jump", "unseen_values", "constant", "leakage"
]


class DataFinding(Record):
    """One thing that is not as it should be; an error keeps the job from training, a warning is told."""

    check: CheckName
    severity: Literal["error", "warning"]
    column: str | None = None
    text: str


class WindowSummary(Record):
    """Rows of one window by what is known of them; `classes` counts labels, none for a regression.

    `distinct_labels` counts no further than three.
    """

    rows: int
    labelled: int
    repeated_ids: int
    missing_ids: int
    distinct_labels: int
    rarest_class_rows: int | None = None

    @property
    def label_share(self) -> float:
        return self.labelled / self.rows if self.rows else 0.0


class DataSummary(Record):
    """Both windows of a job; `overlap` is the number of row ids that are in both.

    `separation` says how much of the uncertainty about the label each feature removes on its own, from 0 to 1.
    """

    training: WindowSummary
    holdout: WindowSummary
    overlap: int
    separation: dict[str, float] = Field(default_factory=dict)


class Power(Record):
    """The chance that a challenger that is as much better as the policy asks will be seen to be better.

    None where nothing is known to compute it from; `reason` says what it was computed from.
    """

    chance: float | None
    reason: str


class DataCheck(Record):
    """Everything that was looked at before training, and whether training goes on.

    `psi` tells how far the features that moved most did so from training to holdout, over ten bins that hold equal
    shares of the training rows; for information, because only the drift trigger judges it.
    """

    summary: DataSummary
    psi: dict[str, float] = Field(default_factory=dict)
    findings: tuple[DataFinding, ...] = ()
    power: Power
    skipped: str | None = None

    @property
    def errors(self) -> tuple[DataFinding, ...]:
        return tuple(found for found in self.findings if found.severity == "error")
