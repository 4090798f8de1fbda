"""Looks whether the champion is still there, before anything is trained for nothing."""

from ...domain.errors import ArtifactInvalid, ArtifactMissing, RegistryRefused
from ...domain.job import RetrainingJob
from ...ports import Ports


def check_champion(job: RetrainingJob, ports: Ports) -> None:
    """Raise an error unless a challenger can be scored beside the champion, and taken back to it.

    Raises:
        ArtifactInvalid: its image cannot score a holdout in parts.
        ArtifactMissing: it has no files any more; those that are not in the registry cannot be looked at.
    """
    champion = job.champion
    if champion and job.holdout_parts > 1 and not champion.files.are_scored_in_parts(job.image):
        raise ArtifactInvalid(f"'{job.model_name}': {champion.cannot_be_scored_in_parts}")
    if champion and not _has_files(job.model_name, champion.number, ports):
        raise ArtifactMissing(
            f"version {champion.number} of '{job.model_name}', the champion, has no files any more, so nothing can "
            f"be compared with it; restore them, or set the alias 'champion' to a version that has its own"
        )


def _has_files(model_name: str, version: str, ports: Ports) -> bool:
    try:
        return ports.registry.has_files(model_name, version)
    except RegistryRefused:
        return True
