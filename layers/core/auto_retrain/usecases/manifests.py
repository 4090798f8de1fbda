"""The manifest of a job, as it was frozen."""

from pydantic import ValidationError

from ..domain.dataset import Manifest
from ..domain.errors import ArtifactInvalid
from ..domain.job import RetrainingJob
from ..ports import Ports


def read_manifest(job: RetrainingJob, ports: Ports) -> Manifest:
    """Raises ArtifactInvalid when it is not there or cannot be read."""
    uri = job.manifest_uri or ""
    try:
        return Manifest.model_validate_json(ports.data.read(uri))
    except ValidationError as error:
        raise ArtifactInvalid(f"manifest '{uri}' cannot be read") from error
