"""Holds the files of a version against those that were registered; they are read, and never loaded."""

from ...domain.digest import sha256_of
from ...domain.errors import ArtifactInvalid, PromotionRefused
from ...domain.files import artifact_digest, changed_files, parse_manifest
from ...domain.model_version import ModelVersion
from ...ports import Ports


def check_files(model_name: str, version: ModelVersion, ports: Ports) -> None:
    """Raise PromotionRefused, naming the files, unless a version is what was recorded at its registration."""
    number, recorded = version.number, version.files
    if recorded.artifact_sha256 is None:
        raise PromotionRefused(f"nobody recorded the files of version {number} of '{model_name}'")
    found = ports.registry.version_files(model_name, number)
    if artifact_digest(found) == recorded.artifact_sha256:
        return
    try:
        manifest = ports.data.read(recorded.artifacts_uri or "")
        known = parse_manifest(manifest) if sha256_of(manifest) == recorded.artifact_sha256 else None
    except (ArtifactInvalid, ValueError):
        known = None
    which = ", ".join(changed_files(known, found)) if known is not None else "which ones cannot be told any more"
    raise PromotionRefused(f"version {number} of '{model_name}' is not what was registered; changed files: {which}")
