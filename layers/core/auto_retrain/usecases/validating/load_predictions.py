"""Reads prediction files from the artifacts and checks that they are the files that were written."""

from ...comparison.array_files import MAX_BYTES
from ...comparison.prediction_files import parse_predictions
from ...comparison.predictions import Predictions
from ...domain.digest import sha256_of
from ...domain.errors import ArtifactInvalid
from ...domain.policy.data import DataPolicy
from ...domain.results import PredictionFile
from ...ports import Ports


def load_predictions(file: PredictionFile, data: DataPolicy, ports: Ports, is_known: bool = False) -> Predictions:
    """Read one file; raises ArtifactInvalid unless it is exactly what its digest, row count and the policy say.

    One that `is_known` was read before, so its digest says everything.
    """
    content = ports.data.read(file.uri, MAX_BYTES)
    if sha256_of(content) != file.sha256:
        raise ArtifactInvalid(f"'{file.uri}' is not the file that was written: its digest differs")
    return parse_predictions(content, file, data, is_known)
