"""Keeps what a version's scores meant on its holdout, for estimates of its performance before labels arrive."""

from pydantic import ValidationError

from ...comparison.holdout_profile import profile_of
from ...comparison.versions import Versions
from ...domain.errors import ArtifactMissing
from ...domain.holdout_profile import HoldoutProfile
from ...domain.job import RetrainingJob
from ...domain.scored_days import MAX_PROFILE_BYTES, profile_key
from ...ports import Ports
from ..lookup import champion_lines, policy_version_of, promotion_of
from ..training.container import read_scores
from .judge_challenger import judge_scores


def keep_holdout_profile(job: RetrainingJob, number: str, versions: Versions, ports: Ports) -> None:
    """Store the profile of the challenger that was compared; a repetition stores the same."""
    profile = profile_of(job.model_name, number, versions.challenger, job.windows.holdout)
    ports.data.write(profile_key(job.model_name, number), profile.model_dump_json().encode())


def keep_profile_of_champion(model_name: str, number: str, ports: Ports) -> None:
    """Store the profile of a version that an earlier release validated, from its prediction file, unless there is one.

    One that an earlier release made is made anew. Nothing is stored of a version that no job of ours validated. Raises
    ArtifactInvalid if its predictions are missing or were changed.
    """
    try:
        kept = ports.data.read(ports.data.uri(profile_key(model_name, number)), MAX_PROFILE_BYTES)
        HoldoutProfile.model_validate_json(kept, extra="ignore")
    except (ArtifactMissing, ValidationError):
        line = next((each for each in champion_lines(model_name, ports) if each.version.number == number), None)
        job = promotion_of(line, ports)
        if job is None or job.validation is None:
            return
        applied = policy_version_of(model_name, job.validation.inputs.policy_version, ports)
        judgement = judge_scores(job, read_scores(job, ports), applied, ports)
        keep_holdout_profile(job, judgement.result.inputs.challenger_version, judgement.versions, ports)
