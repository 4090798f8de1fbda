"""Which Jobs the server refuses although it can decode them; every problem is reported with its field."""

from collections.abc import Iterator

from .errors import Cause
from .names import label_key_problem, label_value_problem, subdomain_problem
from .objects import Json
from .pod_validation import validate_pod_spec

MAX_ANNOTATION_BYTES = 256 * 1024

_NOT_NEGATIVE = ("parallelism", "completions", "backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished")
_CHOICES = {
    "completionMode": ("NonIndexed", "Indexed"),
    "podReplacementPolicy": ("Failed", "TerminatingOrFailed"),
}
_GENERATED_LABELS = ("controller-uid", "job-name", "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name")


def validate_job(job: Json) -> list[Cause]:
    """All causes to refuse a Job as it was sent, before defaults are filled in."""
    return [*_metadata(job), *_spec(job["spec"]), *_template(job)]


def invalid_value(field: str, message: str) -> Cause:
    return Cause("FieldValueInvalid", field, message)


def unsupported_value(field: str, value: str, allowed: tuple[str, ...]) -> Cause:
    choices = ", ".join(f'"{choice}"' for choice in allowed)
    return Cause("FieldValueNotSupported", field, f'Unsupported value: "{value}": supported values: {choices}')


def _metadata(job: Json) -> Iterator[Cause]:
    metadata = job["metadata"]
    name = metadata.get("name", "")
    if not name:
        yield Cause("FieldValueRequired", "metadata.name", "Required value: name or generateName is required")
    elif problem := subdomain_problem(name):
        yield invalid_value("metadata.name", problem)
    template_labels = job["spec"].get("template", {}).get("metadata", {}).get("labels", {})
    # A Job without labels of its own gets those of its template.
    yield from _labels("metadata.labels", metadata.get("labels") or template_labels)
    annotations = metadata.get("annotations", {})
    if sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items()) > MAX_ANNOTATION_BYTES:
        message = f"Too long: may not be more than {MAX_ANNOTATION_BYTES} bytes"
        yield Cause("FieldValueTooLong", "metadata.annotations", message)


def _labels(field: str, labels: dict[str, str]) -> Iterator[Cause]:
    for key, value in labels.items():
        for problem in (label_key_problem(key), label_value_problem(value)):
            if problem:
                yield invalid_value(field, problem)


def _spec(spec: Json) -> Iterator[Cause]:
    for field in _NOT_NEGATIVE:
        if spec.get(field, 0) < 0:
            message = f"Invalid value: {spec[field]}: must be greater than or equal to 0"
            yield invalid_value(f"spec.{field}", message)
    for field, allowed in _CHOICES.items():
        if field in spec and spec[field] not in allowed:
            yield unsupported_value(f"spec.{field}", spec[field], allowed)
    if "podFailurePolicy" in spec and spec.get("podReplacementPolicy") == "TerminatingOrFailed":
        yield unsupported_value("spec.podReplacementPolicy", "TerminatingOrFailed", ("Failed",))
    if "selector" in spec and not spec.get("manualSelector"):
        yield invalid_value("spec.selector", "Invalid value: `selector` not auto-generated")
        yield invalid_value(
            "spec.template.metadata.labels", "Invalid value: `selector` does not match template `labels`"
        )


def _template(job: Json) -> Iterator[Cause]:
    template = job["spec"].get("template", {})
    labels = template.get("metadata", {}).get("labels", {})
    yield from _labels("spec.template.labels", labels)
    for key in _GENERATED_LABELS:
        if key in labels:
            yield invalid_value(f"spec.template.metadata.labels[{key}]", "Invalid value: is set by the server")
    # The server copies the Job's name into two labels of its pods, hence one more limit on names, reported twice.
    problem = label_value_problem(job["metadata"].get("name", ""))
    if problem:
        yield from [invalid_value("spec.template.labels", problem)] * 2
    yield from validate_pod_spec(template.get("spec", {}), job["spec"])
