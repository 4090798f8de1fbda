"""Features that know the label: what is too good is mostly something that was written down afterwards."""

from collections.abc import Iterator

from ..domain.data_check import DataFinding, DataSummary

SUSPICIOUS = 0.99


def check_leakage(summary: DataSummary) -> Iterator[DataFinding]:
    """A warning for each feature that tells the label almost alone; only people know whether it may."""
    for column, share in summary.separation.items():
        if share >= SUSPICIOUS:
            text = f"'{column}' alone removes {share:.1%} of the uncertainty about the label: is it known in time?"
            yield DataFinding(check="leakage", severity="warning", column=column, text=text)
