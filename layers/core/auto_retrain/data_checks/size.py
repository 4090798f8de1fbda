"""Holdouts that are too large to be compared: nothing is trained before that is known."""

from collections.abc import Iterator

from ..domain.comparison_size import MAX_NUMBERS, numbers_to_read, too_many_numbers
from ..domain.data_check import DataFinding
from ..domain.policy.policy import Policy
from .evidence import DataEvidence


def check_size(policy: Policy, evidence: DataEvidence) -> Iterator[DataFinding]:
    """Whether the holdout in parts can be compared if versions give a probability for each class."""
    rows, slices = evidence.summary.holdout.labelled, len(policy.data.slices)
    size = (rows, evidence.compared_in_parts, len(evidence.labels), slices)
    if numbers_to_read(*size) <= MAX_NUMBERS:
        return
    text = too_many_numbers(*size)
    if evidence.labels and numbers_to_read(rows, evidence.compared_in_parts, 0, slices) <= MAX_NUMBERS:
        text += "; if the model gives no probabilities, name too_large in data.tolerate"
    yield DataFinding(check="too_large", severity="error", text=text)
