"""What is known about a job's data before training on them."""

from typing import Literal

from pydantic import Field

from .base import Record
from .proxy import ProxyPlan

# More take more memory than the function has that compares the versions.
MAX_CLASSES = 10_000
# The sum of the squares of a billion of them is still finite.
MAX_NUMBER = 1e140

CheckName = Literal[
    "row_ids",
    "overlap",
    "labels",
    "stray_labels",
    "positive_label",
    "classes",
    "dead_column",
    "missing_values",
    "unit_jump",
    "moved_values",
    "unseen_values",
    "constant",
    "leakage",
    "spellings",
    "missing_words",
    "too_large",
]


class DataFinding(Record):
    """One problem with the data; an error stops the job from training, a warning is only reported."""

    check: CheckName
    severity: Literal["error", "warning"]
    column: str | None = None
    text: str


class StrayLabels(Record):
    """Labels that have arrived, none of whose ids is that of a row; with one id of either side.

    `are_alike` says that some of them meet if case, surrounding blanks and the spelling of numbers are ignored.
    """

    labels: int
    row_id: str
    label_id: str
    are_alike: bool = False

    @property
    def sentence(self) -> str:
        """Up to the rows among which they are not."""
        return f"no id of the {self.labels} labels that have arrived is among those"

    @property
    def examples(self) -> str:
        hint = "; they differ only in spelling" if self.are_alike else ""
        return f"(for example '{self.label_id}' among the labels, and '{self.row_id}' among the rows){hint}"


class WindowSummary(Record):
    """Row counts of one window.

    `distinct_labels` stops counting at three; `only_label` is the label if there is no other. `repeated_id` is one of
    the repeated ids, `repeated_in` the file or the two files that have it. `rarest_class_rows` is None for a
    regression. There are `strays` only if labels have a data set of their own.
    """

    rows: int
    labelled: int
    repeated_ids: int
    missing_ids: int
    distinct_labels: int
    rarest_class_rows: int | None = None
    repeated_id: str | None = None
    repeated_in: tuple[str, ...] = Field(default=(), exclude_if=lambda files: not files)
    only_label: str | None = None
    strays: StrayLabels | None = None

    @property
    def label_share(self) -> float:
        return self.labelled / self.rows if self.rows else 0.0


class DataSummary(Record):
    """Both windows of a job; `overlap` is the number of row ids in both.

    `respelled_ids` are the row ids that differ from others only in case, blanks or the spelling of a number.
    `separation` is the share of the uncertainty about the label that each feature removes on its own. Of windows that
    were read in parts, `compared_ids` is the share of the ids by which those that are in several parts are estimated;
    None if all were compared.
    """

    training: WindowSummary
    holdout: WindowSummary
    overlap: int
    respelled_ids: int = 0
    separation: dict[str, float] = Field(default_factory=dict)
    compared_ids: float | None = Field(default=None, exclude_if=lambda share: share is None)


class HoldoutDigests(Record):
    """What the labelled rows of the holdout are, as the data check read them: predictions must be about the same.

    `rows` is over row ids and labels and identifies the rows in verdicts; `cells` is over all of them cell by cell,
    with entities and slices, and cannot be met by other rows. Of a holdout in several parts, both are over those of the
    `parts`, in their order.
    """

    rows: str
    cells: str
    # Left out where there is one, as in records of earlier releases.
    parts: tuple["HoldoutDigests", ...] = Field(default=(), exclude_if=lambda parts: not parts)


class HoldoutLabels(Record):
    """A file with the labels of all parts of a holdout; each pod has to know them to spell classes as others do."""

    uri: str
    sha256: str


class Power(Record):
    """The chance that a challenger as good as may be hoped for is promoted; None if there is nothing to go by.

    `at_best` is its optimistic end, and `as_asked` the chance of a challenger that is only just as good as asked; both
    are None where nothing had to be computed, and in records of earlier releases. `basis` tells a forecast from what is
    certain: too few `rows`, or an improvement out of `reach`. `reason` says what the chance follows from.
    """

    chance: float | None
    at_best: float | None = None
    as_asked: float | None = None
    basis: Literal["rows", "reach", "forecast"] = "forecast"
    reason: str


class FeatureBins(Record):
    """Rows of both windows in the same bins of one feature; of many bins, the last one is all others."""

    training: tuple[int, ...]
    holdout: tuple[int, ...]


class DataCheck(Record):
    """Everything that was checked before training; `skipped` is why nothing is trained although the data are sound.

    `skipped_in_a_row` counts the job itself and those before it that were skipped as well. `overridden` is why the job
    trains although its chance is low.

    `psi` is the shift from training to holdout of the features that moved most, over ten bins with equal shares of the
    training rows. It is for information: only the drift trigger judges PSI. `bins` are those of the first few of them.
    """

    summary: DataSummary
    holdout: HoldoutDigests | None = Field(default=None, description="None if an earlier release checked the data")
    holdout_labels: HoldoutLabels | None = Field(
        default=None, description="of classes in parts", exclude_if=lambda labels: labels is None
    )
    psi: dict[str, float] = Field(default_factory=dict)
    bins: dict[str, FeatureBins] = Field(default_factory=dict)
    findings: tuple[DataFinding, ...] = ()
    power: Power
    skipped: str | None = None
    skipped_in_a_row: int = 0
    overridden: str | None = None
    proxy: ProxyPlan | None = Field(default=None, description="None if the policy wants none, or nothing is trained")

    @property
    def errors(self) -> tuple[DataFinding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == "error")
