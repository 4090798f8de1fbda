"""Row ids and labels: rows that are repeated, shared or all alike are fit neither for training nor for validation."""

from collections.abc import Iterator
from typing import Literal

from ..domain.data_check import DataFinding, DataSummary, WindowSummary
from ..domain.metric_kinds import Task
from ..domain.policy.policy import Policy


def check_rows(policy: Policy, summary: DataSummary) -> Iterator[DataFinding]:
    """What is wrong with the ids and labels of both windows, and what the two windows share."""
    for name, window in (("training", summary.training), ("holdout", summary.holdout)):
        yield from _check_ids(policy, name, window, _basis(summary))
        yield from _check_labels(policy, name, window)
    if summary.overlap:
        share, basis = summary.overlap / summary.holdout.rows, _basis(summary)
        of_holdout = f"{share:.1%}" if share >= 0.001 else "less than 0.1%"
        text = (
            f"{summary.overlap} row ids of the holdout ({of_holdout}) are in the training window as well{basis}: "
            f"data.row_id = {policy.data.row_id} names a row once, or a model is judged on what it has learned"
        )
        yield DataFinding(check="overlap", severity="error", column=policy.data.row_id, text=text)


def _basis(summary: DataSummary) -> str:
    """What a number of ids is estimated from, if not all of them were compared."""
    return "" if summary.compared_ids is None else f", estimated from {summary.compared_ids:.2%} of the ids"


def _check_ids(policy: Policy, name: str, window: WindowSummary, basis: str) -> Iterator[DataFinding]:
    row_id = policy.data.row_id
    needed = f"data.row_id = {row_id} needs a value of its own in every row, in both windows"
    files = f" in {' and '.join(window.repeated_in)}" if window.repeated_in else ""
    example = f", such as '{window.repeated_id}'{files}" if window.repeated_id is not None else ""
    repeated = f"repeat an earlier row id{example}{basis}: {needed}; name a column that has one, or add one to the data"
    for count, what in ((window.missing_ids, f"have no row id: {needed}"), (window.repeated_ids, repeated)):
        if count:
            text = f"{count} of {window.rows} {name} rows {what}"
            yield DataFinding(check="row_ids", severity="error", column=row_id, text=text)


def _check_labels(policy: Policy, name: str, window: WindowSummary) -> Iterator[DataFinding]:
    label, share, needed = policy.data.label, window.label_share, policy.data.min_label_share
    if window.strays:
        # Where training has its labels, those that arrived later may be of rows that are older still.
        is_sure = name == "training" or window.strays.are_alike
        text = f"{window.strays.sentence} of the {window.rows} {name} rows {window.strays.examples}"
        severity: Literal["error", "warning"] = "error" if is_sure else "warning"
        yield DataFinding(check="stray_labels", severity=severity, column=label, text=text)
    elif not window.labelled or share < needed:
        # Labels of the holdout may still arrive; until then there are too few rows to decide by, which is checked
        # elsewhere.
        if name == "training":
            text = f"{share:.1%} of the {window.rows} training rows have a label, {needed:.1%} are needed"
            yield _of_label(label, text)
    elif window.distinct_labels < 2:
        only = f", '{window.only_label}'," if window.only_label is not None else ""
        text = f"all {window.labelled} {name} rows with a label have the same one{only} in data.label = {label}"
        yield _of_label(label, text)
    elif policy.data.task is Task.REGRESSION and window.distinct_labels == 2:
        yield _of_label(label, f"the labels of the {name} rows take 2 values, a regression needs more")


def _of_label(column: str, text: str) -> DataFinding:
    return DataFinding(check="labels", severity="error", column=column, text=text)
