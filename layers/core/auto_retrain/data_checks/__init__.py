"""Reasons not to train on some data, one file for each kind; the register is here."""

from ..domain.data_check import DataFinding
from ..domain.policy.policy import Policy
from .columns import check_columns
from .evidence import DataEvidence
from .leakage import check_leakage
from .rows import check_rows
from .size import check_size
from .spellings import check_spellings


def check_data_of(policy: Policy, evidence: DataEvidence) -> list[DataFinding]:
    """All findings, errors first; one that the policy tolerates is downgraded to a warning."""
    findings = [
        *check_rows(policy, evidence.summary),
        *check_size(policy, evidence),
        *check_spellings(policy, evidence),
        *check_columns(policy, evidence),
        *check_leakage(policy.data.task, evidence.summary),
    ]
    lenient = [_as_warning(finding) if finding.check in policy.data.tolerate else finding for finding in findings]
    return sorted(lenient, key=lambda finding: finding.severity)


def _as_warning(finding: DataFinding) -> DataFinding:
    return DataFinding(check=finding.check, severity="warning", column=finding.column, text=finding.text)
