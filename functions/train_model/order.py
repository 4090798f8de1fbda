"""The order: what the container should do, as one JSON document; the manifest says with which data."""

import hashlib
import json
from datetime import date, timedelta
from typing import Annotated, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

from .errors import OrderInvalid


def _check_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise ValueError("must be an http or https address without credentials")
    return url


Name = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
S3Uri = Annotated[str, Field(pattern=r"^s3://[^/]+/.+$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
VersionNumber = Annotated[str, Field(pattern=r"^[1-9][0-9]*$")]
Column = Annotated[str, Field(min_length=1)]
EntryPoint = Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]


class Document(BaseModel):
    """Refuses unknown fields, and values that would have to be converted."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class Order(Document):
    """One task for one job; `versions` are the versions to score, with the digest that their files must have.

    A proxy is trained on `sample_share` of the labelled training rows, and another one on half of these. With a `part`,
    only the objects of this part are read; classes are named as by someone who knows the labels of all parts.
    """

    schema_version: Literal[1]
    kind: Literal["check", "train", "score", "report", "proxy", "back_test"]
    job_id: Name
    model_name: Name
    manifest_uri: S3Uri
    manifest_sha256: Sha256
    output_uri: Annotated[str, Field(pattern=r"^s3://[^/]+/.+/$")]
    mlflow_tracking_uri: Annotated[str, AfterValidator(_check_address)]
    seed: Annotated[int, Field(ge=0, lt=2**32)]
    parameters: dict[str, JsonValue] = {}
    variant: Annotated[int, Field(ge=0)] | None = None
    trainer: EntryPoint | None = None
    row_metric: EntryPoint | None = None
    image: str | None = None
    versions: dict[VersionNumber, Sha256 | None] = {}
    min_label_share: Annotated[float, Field(ge=0, le=1)] = 0.0
    sample_share: Annotated[float, Field(gt=0, le=1)] | None = None
    part: Annotated[int, Field(ge=0)] | None = None
    labels_uri: S3Uri | None = None
    labels_sha256: Sha256 | None = None

    @model_validator(mode="after")
    def _scoring_needs_versions(self) -> Self:
        # A champion that has an image of its own is not scored beside a proxy.
        if self.kind != "proxy" and (self.kind == "score") != bool(self.versions):
            raise ValueError("versions are required for kind 'score', and allowed only there and for kind 'proxy'")
        return self

    @model_validator(mode="after")
    def _proxies_need_a_sample(self) -> Self:
        if (self.kind == "proxy") != (self.sample_share is not None):
            raise ValueError("sample_share is required for kind 'proxy', and only there")
        return self


class DataObject(Document):
    """One object, pinned by its ETag; with a date column, only those of its rows count that are of this day.

    Where several pods read a window together, `part` says which of them reads it.
    """

    uri: S3Uri
    etag: str
    size: int
    date: date
    date_column: Column | None = None
    part: Annotated[int, Field(ge=0)] | None = None


class Window(Document):
    """Whole UTC days, excluding the end, and the objects that they had when the job began.

    `label_objects` hold the labels if those have their own data set; a later label replaces an earlier one.
    """

    start: date
    end: date
    objects: tuple[DataObject, ...]
    label_objects: tuple[DataObject, ...] = ()

    def __str__(self) -> str:
        return f"{self.start} to {self.end - timedelta(days=1)}"

    def of_part(self, part: int | None) -> Self:
        """What a pod reads of it: everything, or the objects of its part and all labels of a data set of their own."""
        if part is None:
            return self
        return self.model_copy(update={"objects": tuple(item for item in self.objects if item.part == part)})


class LabelColumns(Document):
    """How to read the label objects."""

    format: Literal["csv", "parquet"]
    row_id: Column
    label: Column


class Columns(Document):
    """How to read the objects; a regression's labels are numbers.

    `entity` and `slices` are text columns that are stored with the predictions.
    """

    format: Literal["csv", "parquet"]
    row_id: Column
    label: Column
    numeric: tuple[Column, ...]
    categorical: tuple[Column, ...]
    labels: LabelColumns | None = None
    task: Literal["classification", "regression"] = "classification"
    entity: Column | None = None
    slices: tuple[Column, ...] = ()

    @property
    def is_regression(self) -> bool:
        return self.task == "regression"

    @property
    def extra(self) -> tuple[str, ...]:
        """Columns that are stored with the predictions, each once."""
        entity = [self.entity] if self.entity else []
        return tuple(dict.fromkeys([*entity, *self.slices]))

    @property
    def features(self) -> tuple[str, ...]:
        return (*self.numeric, *self.categorical)


class AnyManifest(Document):
    """The fields that all manifests have."""

    schema_version: Literal[1]
    job_id: Name
    model_name: Name
    data: Columns


class DriftManifest(AnyManifest):
    """The two windows whose features are compared."""

    reference: Window
    live: Window


class Manifest(AnyManifest):
    """All data of one job."""

    training: Window
    holdout: Window

    @model_validator(mode="after")
    def _holdout_is_unseen(self) -> Self:
        if self.training.end > self.holdout.start:
            raise ValueError("the holdout window must begin after the training window has ended")
        return self


Parsed = TypeVar("Parsed", bound=Document)
Wanted = TypeVar("Wanted", bound=AnyManifest)


def parse_order(text: str | None, completion_index: str | None = None) -> Order:
    """Read an order, or the one at this pod's index of a list; raises OrderInvalid naming each wrong field."""
    if text is None:
        raise OrderInvalid("there is no order: set AUTO_RETRAIN_ORDER to the order document")
    return _parse("order", Order, _own_order(text, completion_index))


def _own_order(text: str, completion_index: str | None) -> str:
    try:
        orders = json.loads(text)
    except (ValueError, RecursionError):
        return text  # strict parsing will report the problem
    if not isinstance(orders, list):
        return text
    if completion_index is None or not completion_index.isdecimal() or int(completion_index) >= len(orders):
        raise OrderInvalid(f"JOB_COMPLETION_INDEX = {completion_index!r}: must be an index of the {len(orders)} orders")
    return json.dumps(orders[int(completion_index)])


def parse_manifest(content: bytes, order: Order, kind: type[Wanted]) -> Wanted:
    """Read the manifest of an order; raises OrderInvalid unless it is exactly the one that the order names."""
    check_digest(order, content)
    manifest = _parse("manifest", kind, content)
    if (manifest.job_id, manifest.model_name) != (order.job_id, order.model_name):
        raise OrderInvalid(f"manifest {order.manifest_uri} belongs to job {manifest.job_id} of {manifest.model_name}")
    return manifest


def parse_labels(content: bytes, order: Order) -> list[str]:
    """Read the labels of all parts of a holdout; raises OrderInvalid unless they are those that the order names."""
    if hashlib.sha256(content).hexdigest() != order.labels_sha256:
        raise OrderInvalid(f"labels {order.labels_uri} are not those in the order: their SHA-256 differs")
    labels: list[str] = json.loads(content)
    return labels


def check_digest(order: Order, content: bytes) -> None:
    """Raise OrderInvalid unless this is the very manifest that the order names."""
    if hashlib.sha256(content).hexdigest() != order.manifest_sha256:
        raise OrderInvalid(f"manifest {order.manifest_uri} is not the one in the order: its SHA-256 differs")


def _parse(name: str, document: type[Parsed], content: str | bytes) -> Parsed:
    try:
        return document.model_validate_json(content)
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, detail['loc'])) or 'document'}: {detail['msg']}" for detail in error.errors())
        raise OrderInvalid(f"{name} is invalid: {'; '.join(problems)}") from error
