"""Reasons not to train on some data, one file for each kind; the register is here."""

from collections.abc import Sequence

from ..domain.data_check import DataFinding, DataSummary
from ..domain.drift import FeatureHistogram
from ..domain.policy.policy import Policy
from .columns import check_columns
from .leakage import check_leakage
from .rows import check_rows


def check_data_of(policy: Policy, summary: DataSummary, histograms: Sequence[FeatureHistogram]) -> list[DataFinding]:
    """All findings, errors first; one that the policy tolerates is downgraded to a warning."""
    findings = [
        *check_rows(policy, summary),
        *check_columns(policy, histograms),
        *check_leakage(summary),
    ]
    lenient = [_as_warning(finding) if finding.check in policy.data.tolerate else finding for finding in findings]
    return sorted(lenient, key=lambda finding: finding.severity)


def _as_warning(finding: DataFinding) -> DataFinding:
    return DataFinding(check=finding.check, severity="warning", column=finding.column, text=finding.text)
