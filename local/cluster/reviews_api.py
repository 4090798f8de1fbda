"""Whether somebody may do something: the caller itself, or a group, for callers that may ask about others."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from .errors import bad_request
from .exchange import Answer, Request
from .objects import Json
from .tokens import ANONYMOUS, User

_VERSION = "authorization.k8s.io/v1"


class ReviewsApi:
    """SelfSubjectAccessReview as recorded from a real server, and SubjectAccessReview of groups."""

    def __init__(self, namespaces: Collection[str], groups: Mapping[str, User]) -> None:
        self._namespaces, self._groups = namespaces, groups

    def of_caller(self, user: User, request: Request) -> Answer:
        return self._answer("SelfSubjectAccessReview", [user], _spec(request))

    def of_others(self, user: User, request: Request) -> Answer:
        spec = _spec(request)
        subjects = [self._groups.get(group, ANONYMOUS) for group in spec.get("groups", [])]
        return self._answer("SubjectAccessReview", subjects, spec)

    def _answer(self, kind: str, subjects: list[User], spec: Json) -> Answer:
        wanted = spec.get("resourceAttributes", {})
        below = f"/{wanted['subresource']}" if "subresource" in wanted else ""
        action = f"{wanted.get('verb')} {wanted.get('resource')}{below}"
        ours = wanted.get("namespace") in self._namespaces
        allowed = any(subject.may(action, ours) for subject in subjects)
        body: Json = {"kind": kind, "apiVersion": _VERSION, "metadata": {}, "spec": spec}
        return Answer(201, {**body, "status": {"allowed": allowed}})


def _spec(request: Request) -> Json:
    try:
        spec: Any = json.loads(request.body)["spec"]
    except (ValueError, KeyError, TypeError) as error:
        raise bad_request(f"the review cannot be read: {error}") from error
    return dict(spec)
