"""Refusals of the API server, with the codes, reasons and causes that were recorded from a real one."""

from collections.abc import Iterable
from dataclasses import dataclass

from .objects import Json, Resource


@dataclass(frozen=True)
class Cause:
    """One thing that is wrong with one field."""

    reason: str
    field: str
    message: str


class ApiError(Exception):
    """An answer other than success; its body is a Status object."""

    def __init__(self, code: int, reason: str, message: str, details: Json | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.details = details

    def body(self) -> Json:
        status: Json = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
        status |= {"message": str(self), "reason": self.reason}
        if self.details is not None:
            status["details"] = self.details
        return status | {"code": self.code}


def bad_request(message: str) -> ApiError:
    return ApiError(400, "BadRequest", message)


def not_decodable(problem: str) -> ApiError:
    return bad_request(f'Job in version "v1" cannot be handled as a Job: {problem}')


def unauthorized() -> ApiError:
    return ApiError(401, "Unauthorized", "Unauthorized")


def forbidden(resource: Resource, name: str, problem: str) -> ApiError:
    subject = f'{resource.qualified} "{name}"' if name else resource.qualified
    return ApiError(403, "Forbidden", f"{subject} is forbidden: {problem}", resource.details(name))


def unknown_path() -> ApiError:
    return ApiError(404, "NotFound", "the server could not find the requested resource", {})


def not_found(resource: Resource, name: str) -> ApiError:
    return ApiError(404, "NotFound", f'{resource.qualified} "{name}" not found', resource.details(name))


def method_not_allowed() -> ApiError:
    message = "the server does not allow this method on the requested resource"
    return ApiError(405, "MethodNotAllowed", message, {})


def already_exists(resource: Resource, name: str, deleting: bool) -> ApiError:
    prefix = "object is being deleted: " if deleting else ""
    message = f'{prefix}{resource.qualified} "{name}" already exists'
    return ApiError(409, "AlreadyExists", message, resource.details(name))


def conflict(resource: Resource, name: str, problem: str) -> ApiError:
    message = f'Operation cannot be fulfilled on {resource.qualified} "{name}": {problem}'
    return ApiError(409, "Conflict", message, resource.details(name, kind=resource.kind))


def unsupported_media_type() -> ApiError:
    message = "the body of the request was in an unknown format - accepted media types include: application/json"
    return ApiError(415, "UnsupportedMediaType", message)


def invalid(kind: str, group: str, name: str, causes: Iterable[Cause]) -> ApiError:
    causes = list(causes)
    problems = ", ".join(f"{cause.field}: {cause.message}" for cause in causes)
    details: Json = {"name": name, "group": group, "kind": kind}
    details = {key: value for key, value in details.items() if value}
    details["causes"] = [vars(cause) for cause in causes]
    summary = f"[{problems}]" if len(causes) > 1 else problems
    qualified = f"{kind}.{group}" if group else kind
    return ApiError(422, "Invalid", f'{qualified} "{name}" is invalid: {summary}', details)


def unsupported_option(kind: str, field: str, value: str, allowed: Iterable[str]) -> ApiError:
    choices = ", ".join(f'"{choice}"' for choice in allowed)
    message = f'Unsupported value: "{value}": supported values: {choices}'
    return invalid(kind, "meta.k8s.io", "", [Cause("FieldValueNotSupported", field, message)])
