"""Reasons not to train on some data, one file for each thing that is looked at; the register is here."""

from collections.abc import Sequence

from ..domain.data_check import DataFinding, DataSummary
from ..domain.drift import FeatureHistogram
from ..domain.policy.policy import Policy
from .columns import check_columns
from .leakage import check_leakage
from .rows import check_rows


def check_data_of(policy: Policy, summary: DataSummary, histograms: Sequence[FeatureHistogram]) -> list[DataFinding]:
    """All findings, errors first; what the policy tolerates is only a warning."""
    found = [
        *check_rows(policy, summary),
        *check_columns(policy, histograms),
        *check_leakage(summary),
    ]
    tolerated = policy.data.tolerate
    lenient = [
        finding.model_copy(update={"severity": "warning"}) if finding.check in tolerated else finding
        for finding in found
    ]
    return sorted(lenient, key=lambda finding: finding.severity)
