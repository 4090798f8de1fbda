"""What is known about drift of a model: the profile of what it learned from, and the live rows counted in its bins."""

from datetime import datetime
from typing import NamedTuple

from ...domain.drift import DataProfile, FeatureHistogram
from ...domain.errors import DataChanged, DataInvalid, DataUnavailable
from ...domain.manifest import columns_of
from ...domain.policy.policy import Policy
from ...ports import Ports
from ...triggers.data_drift import DriftFindings, judge_drift, unjudged
from ..data.drift_windows import live_window, reference_window
from ..data.reference_profile import build_profile, count_live, keep_profile, load_profile, watched


class DriftEvidence(NamedTuple):
    """Histograms of the features, or why there are none: the reference is unusable, or the live data are broken."""

    histograms: list[FeatureHistogram]
    unusable: str | None = None
    broken: str | None = None


def find_drift(policy: Policy, at: datetime, ports: Ports) -> DriftFindings:
    """Gather the evidence and judge it; raises DataUnavailable when an object changes while it is read."""
    try:
        evidence = _gather(policy, at, ports)
    except DataChanged as error:
        # Whoever corrects data breaks nothing: the next try lists the new object.
        raise DataUnavailable(str(error)) from error
    if evidence.broken:
        return unjudged("the live data cannot be read")._replace(broken=[evidence.broken])
    return unjudged(evidence.unusable) if evidence.unusable else judge_drift(policy, evidence.histograms)


def _gather(policy: Policy, at: datetime, ports: Ports) -> DriftEvidence:
    """Read the profile of the serving version, or build and keep it where there is none, and the live window."""
    try:
        profile = _profile(policy, at, ports)
    except DataChanged:
        raise
    except DataInvalid as error:
        return DriftEvidence([], unusable=f"what the champion learned from cannot be read: {error}")
    live = ports.data.list_partitions(policy.data.prefix, live_window(policy, at))
    try:
        return DriftEvidence(count_live(profile, columns_of(policy.data), live, ports))
    except DataChanged:
        raise
    except DataInvalid as error:
        return DriftEvidence([], broken=str(error))


def _profile(policy: Policy, at: datetime, ports: Ports) -> DataProfile:
    serving = ports.ledger.current(policy.model)
    kept = load_profile(policy.model, serving.version, ports) if serving else None
    if kept and _fits(kept, policy):
        return kept
    window = reference_window(policy, at, ports)
    objects = ports.data.list_partitions(policy.data.prefix, window)
    profile = build_profile(policy.model, columns_of(policy.data), policy.drift, window, objects, ports)
    if serving and profile.rows:
        keep_profile(profile, serving.version, ports)
    return profile


def _fits(profile: DataProfile, policy: Policy) -> bool:
    """Whether the profile has just those features that the policy watches."""
    numeric, categorical = watched(columns_of(policy.data), policy.drift)
    wanted = {(name, "numeric") for name in numeric} | {(name, "categorical") for name in categorical}
    return {(found.feature, found.kind) for found in profile.features} == wanted
