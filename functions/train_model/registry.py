"""The MLflow registry: finds versions by job and loads them by number; never changes an alias."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version as installed
from pathlib import Path
from pickle import PicklingError
from tempfile import TemporaryDirectory
from typing import Any, cast

import mlflow
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.models import Model
from mlflow.types import DataType

from .artifacts import digest_of, file_list
from .code_version import code_version
from .data import LabelledRows
from .errors import OrderInvalid, RegistryRefused, TrainerBroken, VersionUnusable
from .flavours import load_model, log_model
from .order import Columns, Order
from .signature import signature_of
from .versions import LoadedVersion, TrainedVersion

ARTIFACT_TAG = "artifact_sha256"
VARIANT_TAG = "variant"
# Error codes of answers that do not change when the same is asked again.
FINAL = {
    "INVALID_PARAMETER_VALUE",
    "INVALID_STATE",
    "PERMISSION_DENIED",
    "RESOURCE_DOES_NOT_EXIST",
}
# Passed to MLflow, because it would take longer to infer them than to train.
REQUIREMENTS = [f"{name}=={installed(name)}" for name in ("scikit-learn", "numpy", "pandas", "cloudpickle")]


@contextmanager
def final_refusals() -> Iterator[None]:
    """Raise RegistryRefused where MLflow refuses something for good."""
    try:
        yield
    except MlflowException as error:
        if error.error_code not in FINAL:
            raise
        raise RegistryRefused(f"MLflow refuses this ({error.error_code}): {error.message}") from error


class MlflowVersions:
    """Versions of the model of one order."""

    def __init__(self, order: Order) -> None:
        mlflow.set_tracking_uri(order.mlflow_tracking_uri)
        self._client = MlflowClient()
        self._order = order
        self._tags = {"job_id": order.job_id, "manifest_sha256": order.manifest_sha256}
        self._tags |= {"image": order.image} if order.image else {}
        self._tags |= {} if order.variant is None else {VARIANT_TAG: str(order.variant)}

    def find(self) -> TrainedVersion | None:
        job = f"name='{self._order.model_name}' and tags.job_id='{self._order.job_id}'"
        # MLflow cannot search for versions that lack a tag, so the variant is compared here.
        ours = (version for version in self._client.search_model_versions(job) if self._is_ours(version))
        versions = sorted(ours, key=lambda version: int(version.version))
        if not versions:
            return None
        lowest = versions[0]
        if lowest.tags.get("manifest_sha256") != self._order.manifest_sha256:
            raise OrderInvalid(f"version {lowest.version} of job {self._order.job_id} comes from another manifest")
        metrics = self._client.get_run(lowest.run_id).data.metrics
        return TrainedVersion(str(lowest.version), lowest.run_id, metrics)

    def _is_ours(self, version: ModelVersion) -> bool:
        return bool(version.tags.get(VARIANT_TAG) == self._tags.get(VARIANT_TAG))

    @contextmanager
    def run(self) -> Iterator[None]:
        order = self._order
        origin = {"code_version": code_version(), "seed": str(order.seed), "trainer": order.trainer or "default"}
        self._enter_experiment()
        name = order.job_id if order.variant is None else f"{order.job_id}-{order.variant}"
        with mlflow.start_run(run_name=name, tags=self._tags | origin):
            _log_parameters(order.parameters)
            yield

    def _enter_experiment(self) -> None:
        name = self._order.model_name
        try:
            mlflow.set_experiment(name)
        except MlflowException as error:
            if "deleted experiment" not in error.message:
                raise
            raise RegistryRefused(
                f"the experiment '{name}' was deleted in MLflow, where its name stays taken: restore it with "
                f"`mlflow experiments restore`, or delete it for good with `mlflow gc`"
            ) from error

    def register(self, model: Any, columns: Columns, rows: LabelledRows, metrics: dict[str, float]) -> None:
        mlflow.log_metrics(metrics)
        try:
            log_model(
                model,
                name="model",
                signature=signature_of(columns, rows.targets),
                pip_requirements=list(REQUIREMENTS),
                registered_model_name=self._order.model_name,
                tags=self._tags,
            )
        except (PicklingError, TypeError) as error:
            raise TrainerBroken(f"the fitted {type(model).__name__} cannot be pickled: {error}") from error

    def record_files(self, number: str) -> bytes:
        with TemporaryDirectory() as directory:
            files = file_list(Path(self._download(number, directory)))
        digest = digest_of(files)
        recorded = self._recorded_digest(number)
        if recorded not in (None, digest):
            raise VersionUnusable(_changed(number, digest, recorded))
        if recorded is None:
            self._record_digest(number, digest)
        return files

    def _record_digest(self, number: str, digest: str) -> None:
        try:
            self._client.set_model_version_tag(self._order.model_name, number, ARTIFACT_TAG, digest)
        except MlflowException:
            # MLflow refuses one of two trainers of a job that record it in the same instant.
            if self._recorded_digest(number) != digest:
                raise

    def _recorded_digest(self, number: str) -> str | None:
        version = self._client.get_model_version(self._order.model_name, number)
        return cast(str | None, version.tags.get(ARTIFACT_TAG))

    def keep_report(self, documents: dict[str, bytes]) -> None:
        self._enter_experiment()
        name = f"{self._order.job_id}-drift"
        tags = self._tags | {"kind": "drift_report"}
        with mlflow.start_run(run_name=name, tags=tags), TemporaryDirectory() as directory:
            for file, content in documents.items():
                (Path(directory) / file).write_bytes(content)
            mlflow.log_artifacts(directory)

    def load(self, number: str, artifact_sha256: str | None) -> LoadedVersion:
        with TemporaryDirectory() as directory:
            path = self._download(number, directory)
            # Checked before loading, because loading a model runs its code.
            digest = digest_of(file_list(Path(path)))
            if artifact_sha256 not in (None, digest):
                raise VersionUnusable(_changed(number, digest, artifact_sha256))
            try:
                return LoadedVersion(number, load_model(path), *_columns_of(Model.load(path)))
            except (Exception, SystemExit) as error:
                # Loading runs the code that somebody registered, which may raise anything.
                raise VersionUnusable(f"version {number} cannot be loaded: {type(error).__name__}: {error}") from error

    def _download(self, number: str, directory: str) -> str:
        uri = f"models:/{self._order.model_name}/{number}"
        try:
            return str(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=directory))
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                raise VersionUnusable(f"{self._order.model_name} has no version {number}") from error
            raise


def _changed(number: str, digest: str, recorded: str | None) -> str:
    return f"version {number} is not what was registered: its files have the digest {digest}, not {recorded}"


def _log_parameters(parameters: dict[str, Any]) -> None:
    try:
        mlflow.log_params(parameters)
    except MlflowException as error:
        if error.error_code == "INVALID_PARAMETER_VALUE":
            raise OrderInvalid(f"MLflow refuses a training parameter: {error.message}") from error
        raise


def _columns_of(model: Model) -> tuple[tuple[str, ...] | None, frozenset[str]]:
    """All columns that a model learned from, if it says so, and those of them that are text."""
    if not model.signature:
        return None, frozenset()
    inputs = model.signature.inputs
    names = tuple(inputs.input_names())
    typed = () if inputs.is_tensor_spec() else zip(names, inputs.input_types(), strict=True)
    return names, frozenset(name for name, kind in typed if kind == DataType.string)
