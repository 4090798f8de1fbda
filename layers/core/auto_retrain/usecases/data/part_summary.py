"""The summary of both windows from their merged parts."""

from ...domain.data_check import MAX_NUMBER, DataSummary, StrayLabels, WindowSummary
from ...domain.errors import DataInvalid
from ...domain.manifest import DataColumns
from ...domain.metric_kinds import Task
from ...statistics.id_sample import in_both, merge_samples, repeated_across, respelled
from .part_records import ArrivedLabels, LabelPart, PartEvidence, WindowPart
from .repeated_ids import MAX_ID_LENGTH


def summary_of(merged: PartEvidence, columns: DataColumns) -> DataSummary:
    """Summarize both windows, but for separations; what parts share is estimated if they have too many ids.

    Raises DataInvalid if a label is too large for any metric.
    """
    samples = merged.training.ids, merged.holdout.ids
    both = merge_samples(*samples)
    return DataSummary(
        training=_window(merged.training, columns),
        holdout=_window(merged.holdout, columns),
        overlap=in_both(*samples, both),
        respelled_ids=respelled(both),
        compared_ids=None if both.limit is None else both.share,
    )


def _window(part: WindowPart, columns: DataColumns) -> WindowSummary:
    labels = part.labels
    if labels.beyond:
        raise DataInvalid(
            f"{labels.beyond} of {labels.rows} labels in column '{columns.label}' are infinite or beyond "
            f"{MAX_NUMBER:g}, so no metric can be computed"
        )
    classes, distinct = labels.classes, len(labels.classes) or len(labels.numbers)
    return WindowSummary(
        rows=part.features.rows,
        labelled=labels.known,
        # Exact within each part; across parts as far as ids are compared.
        repeated_ids=part.with_id - part.distinct_ids + repeated_across(part.ids),
        missing_ids=part.features.rows - part.with_id,
        distinct_labels=min(distinct, 3),
        rarest_class_rows=min(classes.values()) if columns.task is Task.CLASSIFICATION and distinct > 1 else None,
        repeated_id=part.repeated.row_id if part.repeated else None,
        repeated_in=part.repeated.files if part.repeated else (),
        only_label=_only_label(labels) if distinct == 1 else None,
        strays=_strays(part.arrived),
    )


def _only_label(labels: LabelPart) -> str:
    return (next(iter(labels.classes)) if labels.classes else f"{labels.numbers[0]:g}")[:MAX_ID_LENGTH]


def _strays(arrived: ArrivedLabels | None) -> StrayLabels | None:
    if arrived is None or arrived.belong or not arrived.labels or arrived.row_id is None or arrived.label_id is None:
        return None
    return StrayLabels(
        labels=arrived.labels,
        row_id=arrived.row_id[:MAX_ID_LENGTH],
        label_id=arrived.label_id[:MAX_ID_LENGTH],
        are_alike=arrived.are_alike,
    )
