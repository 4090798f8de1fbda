"""Features that give the label away: one that is too good was mostly recorded after the outcome was known."""

from collections.abc import Iterator

from ..domain.data_check import DataFinding, DataSummary
from ..domain.metric_kinds import Task

# A copy of a class is wrong in a row here and there; of numbers, yesterday's often explain nearly as much.
SUSPICIOUS_SHARE = {Task.CLASSIFICATION: 0.97, Task.REGRESSION: 0.99}


def check_leakage(task: Task, summary: DataSummary) -> Iterator[DataFinding]:
    """A warning for each feature that almost determines the label; only people know whether it may."""
    for column, share in summary.separation.items():
        if share >= SUSPICIOUS_SHARE[task]:
            text = f"'{column}' alone removes {share:.1%} of the uncertainty about the label: is it known in advance?"
            yield DataFinding(check="leakage", severity="warning", column=column, text=text)
