"""Reads the result documents of containers, trusting none without a check."""

from typing import Protocol, TypeVar

from pydantic import ValidationError

from ..domain.errors import ArtifactInvalid
from ..domain.explain import explain
from ..domain.results import ContainerResult
from ..ports import MAX_DOCUMENT_BYTES, Ports

Result = TypeVar("Result", bound=ContainerResult)


class Ordered(Protocol):
    """What a container was started for: a job, or a run of a back-test."""

    @property
    def job_id(self) -> str: ...
    @property
    def manifest_sha256(self) -> str | None: ...


def read_result(
    ordered: Ordered,
    output: str,
    model: type[Result],
    ports: Ports,
    max_bytes: int = MAX_DOCUMENT_BYTES,
    *,
    by_earlier_release: bool = False,
) -> Result:
    """The result document below a key prefix; an image of an earlier release need not name the manifest.

    Raises:
        ArtifactMissing: there is none.
        ArtifactInvalid: it is about something else than what was ordered, or names files outside of its own output.
    """
    output = ports.data.uri(output)
    uri = f"{output}result.json"
    try:
        result = model.model_validate_json(ports.data.read(uri, max_bytes))
    except ValidationError as error:
        raise ArtifactInvalid(f"result document '{uri}': {explain(error, model)}") from error
    _check_is_ours(uri, "job", result.job_id, ordered.job_id)
    if result.manifest_sha256 or not by_earlier_release:
        _check_is_ours(uri, "manifest", result.manifest_sha256, ordered.manifest_sha256)
    foreign = [file for file in result.files if not file.startswith(output)]
    if foreign:
        raise ArtifactInvalid(f"result document '{uri}' names '{foreign[0]}', which is not a part of its output")
    return result


def _check_is_ours(uri: str, what: str, named: str | None, expected: str | None) -> None:
    if named != expected:
        raise ArtifactInvalid(f"result document '{uri}' is about the {what} '{named}', not about '{expected}'")
