"""What is kept of the evidence for a decision, so that the decision can be judged again."""

import zlib
from datetime import datetime

from ...domain.decision_evidence import DecisionEvidence, hash_of
from ...domain.drift import DriftEvidence
from ...domain.errors import ArtifactInvalid
from ...domain.policy.policy import AppliedPolicy
from ...ports import Ports
from ...statistics.version import STATISTICS
from ...triggers.base import Evidence

# Compressed, beside a decision; histograms of some hundred features. More than this is an object of its own.
MAX_BYTES_BESIDE_DECISION = 60_000
MAX_DRIFT_BYTES = 64 << 20


def kept_evidence(
    applied: AppliedPolicy, evidence: Evidence, at: datetime, now: datetime, *, forced: bool = False
) -> DecisionEvidence:
    """What is kept of the evidence that is judged as of `at`, when the clock says `now`; the data come later."""
    return DecisionEvidence(
        policy_version=applied.version,
        at=at,
        now=now,
        state=evidence.state,
        forced=forced,
        readings=evidence.readings,
        statistics=STATISTICS,
    )


def with_drift(kept: DecisionEvidence, drift: DriftEvidence, ports: Ports) -> DecisionEvidence:
    """With the evidence of drift, which is stored apart if it is large."""
    document = drift.model_dump_json().encode()
    if len(zlib.compress(document, 1)) <= MAX_BYTES_BESIDE_DECISION:
        return kept.changed(drift=drift)
    digest = hash_of(document)
    # By its content, so that an attempt that is repeated stores it once.
    uri = ports.data.write(f"evidence/{kept.state.model_name}/{digest}.json", document)
    return kept.changed(drift_uri=uri, drift_sha256=digest)


def drift_in(kept: DecisionEvidence, ports: Ports) -> DriftEvidence | None:
    """The evidence of drift, if the data were read.

    Raises:
        ArtifactInvalid: it is stored apart, and is missing or was changed.
    """
    if kept.drift_uri is None:
        return kept.drift
    document = ports.data.read(kept.drift_uri, MAX_DRIFT_BYTES)
    if hash_of(document) != kept.drift_sha256:
        raise ArtifactInvalid(f"'{kept.drift_uri}' is not what the decision was judged on: its SHA-256 is another one")
    return DriftEvidence.model_validate_json(document)
