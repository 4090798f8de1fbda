"""Gathers evidence of drift: the profile of the champion's training data, and the live rows counted in its bins."""

from collections.abc import Sequence
from datetime import datetime

from ...domain.drift import DataProfile, DriftEvidence
from ...domain.errors import DataChanged, DataInvalid, DataUnavailable
from ...domain.manifest import DataObject, columns_of, with_rows
from ...domain.policy.policy import Policy
from ...domain.windows import Window
from ...ports import Ports
from ...triggers.data_drift import DriftVerdicts, judge_drift_evidence
from ..data.drift_windows import live_window, reference_window, year_before
from ..data.feature_bins import watched
from ..data.kept_profiles import keep_profile, load_profile
from ..data.listing import days_of
from ..data.reference_profile import build_profile, count_live


def gather_drift(policy: Policy, at: datetime, ports: Ports) -> DriftEvidence:
    """Load the profile of the serving version, or build and store one, and count the live window in its bins.

    Raises:
        DataUnavailable: an object changed while it was read.
    """
    try:
        return _gather(policy, at, ports)
    except DataChanged as error:
        # Data that were corrected are not broken: the next attempt lists the new object.
        raise DataUnavailable(str(error)) from error


def judge_drift_now(policy: Policy, at: datetime, ports: Ports) -> DriftVerdicts:
    """Gather the evidence as of a moment and judge it; raises like `gather_drift`."""
    return judge_drift_evidence(policy, gather_drift(policy, at, ports))


def _gather(policy: Policy, at: datetime, ports: Ports) -> DriftEvidence:
    try:
        profile = _profile(policy, at, ports)
    except DataChanged:
        raise
    except DataInvalid as error:
        return DriftEvidence(unusable=f"the champion's training data cannot be read: {error}")
    live = _objects(policy, live_window(policy, at), ports)
    try:
        counted = count_live(profile, columns_of(policy.data), live, ports)
    except DataChanged:
        raise
    except DataInvalid as error:
        return DriftEvidence(broken=str(error))
    evidence = DriftEvidence(histograms=tuple(counted))
    if not policy.drift.seasonal or not judge_drift_evidence(policy, evidence).has_any:
        return evidence
    return _with_season(evidence, policy, at, live, ports)


def _with_season(
    evidence: DriftEvidence, policy: Policy, at: datetime, live: list[DataObject], ports: Ports
) -> DriftEvidence:
    """With the same days a year before, which need not be read unless something has drifted."""
    window = year_before(live_window(policy, at))
    objects = _objects(policy, window, ports)
    try:
        profile = _profile_of_features_there(policy, window, objects, ports)
    except DataChanged:
        raise
    except DataInvalid as error:
        return evidence.changed(season_unusable=str(error))
    return evidence.changed(season=tuple(count_live(profile, columns_of(policy.data), live, ports)))


def _profile_of_features_there(
    policy: Policy, window: Window, objects: Sequence[DataObject], ports: Ports
) -> DataProfile:
    """A profile without the features that some of the data do not have yet; raises DataInvalid if it needs more."""
    columns, drift = columns_of(policy.data), policy.drift
    while True:
        try:
            return build_profile(policy.model, columns, drift, window, objects, ports)
        except DataInvalid as error:
            numeric, categorical = watched(columns, drift)
            absent = set(error.missing)
            if not absent or not absent < {*numeric, *categorical}:
                raise
            drift = drift.changed(ignore=(*drift.ignore, *sorted(absent)))


def _profile(policy: Policy, at: datetime, ports: Ports) -> DataProfile:
    serving = ports.ledger.current(policy.model)
    kept = load_profile(policy.model, serving.version.number, ports) if serving else None
    usable = kept if kept and _fits(kept, policy) else None
    if usable and not usable.is_outdated:
        return usable
    window = reference_window(policy, at, ports)
    objects = _objects(policy, window, ports)
    profile = build_profile(policy.model, columns_of(policy.data), policy.drift, window, objects, ports)
    if serving and profile.rows:
        keep_profile(profile, serving.version.number, ports)
    # An outdated one is better than none, where the data are gone.
    return profile if profile.rows else usable or profile


def _objects(policy: Policy, window: Window, ports: Ports) -> list[DataObject]:
    return with_rows(days_of(policy.data, window, ports), policy.data.format)


def _fits(profile: DataProfile, policy: Policy) -> bool:
    """Whether the profile covers exactly the features that the policy watches, and its entities.

    An earlier release named few categories; where there were more, their profile is made again.
    """
    names_few = profile.schema_version < 2 and any(feature.rare is None for feature in profile.features)
    if profile.entity != policy.data.entity or names_few:
        return False
    numeric, categorical = watched(columns_of(policy.data), policy.drift)
    wanted = {(name, "numeric") for name in numeric} | {(name, "categorical") for name in categorical}
    return {(feature.feature, feature.kind) for feature in profile.features} == wanted
