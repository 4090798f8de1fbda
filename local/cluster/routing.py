"""From a method and a path to an operation, for callers that may use it."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from .errors import forbidden, method_not_allowed, unknown_path
from .exchange import Answer, Request
from .jobs_api import JobsApi
from .objects import EVENTS, JOBS, PODS, REVIEWS, SELF_REVIEWS, Resource
from .objects_api import ObjectsApi
from .pods_api import PodsApi
from .reviews_api import ReviewsApi
from .tokens import ANONYMOUS, User

_NAMESPACE = r"/namespaces/(?P<namespace>[^/]+)"
_JOBS = rf"/apis/batch/v1{_NAMESPACE}/jobs"
_PODS = rf"/api/v1{_NAMESPACE}/pods"
_EVENTS = rf"/api/v1{_NAMESPACE}/events"
_NAME = r"/(?P<name>[^/]+)"

_VERBS = {"GET": "get", "POST": "create", "DELETE": "delete", "PUT": "update", "PATCH": "patch"}

_REVIEW_PATH = "/apis/authorization.k8s.io/v1/"

Operation = Callable[[Request], Answer]


@dataclass(frozen=True)
class Route:
    """One kind of path: what lives there, and the operation of each method that we use."""

    pattern: str
    resource: Resource
    operations: dict[str, Operation]
    subresource: str = ""

    def verb(self, method: str, name: str) -> str:
        return "list" if method == "GET" and not name else _VERBS[method]


@dataclass(frozen=True)
class Call:
    """An operation, and the object that it is for."""

    operation: Operation
    namespace: str
    name: str


class Router:
    """Refuses as the server does: 404 for no such path, 403 for no permission, 405 for no such method."""

    def __init__(
        self,
        jobs: JobsApi,
        pods: PodsApi,
        reviews: ReviewsApi,
        others: Mapping[Resource, ObjectsApi],
        namespaces: Collection[str],
    ) -> None:
        self._namespaces, self._reviews = namespaces, reviews
        self._routes = [
            Route(_JOBS, JOBS, {"POST": jobs.create, "GET": jobs.list}),
            Route(_JOBS + _NAME, JOBS, {"GET": jobs.get, "PATCH": jobs.patch, "DELETE": jobs.delete}),
            Route(_PODS, PODS, {"GET": pods.list}),
            Route(_PODS + _NAME, PODS, {"GET": pods.get}),
            Route(_PODS + _NAME + "/log", PODS, {"GET": pods.log}, "/log"),
            Route(_EVENTS, EVENTS, {"GET": pods.list_events}),
            *(route for resource, objects in others.items() for route in _routes_of(resource, objects)),
        ]

    def find(self, method: str, path: str, user: User) -> Call:
        if path.startswith(_REVIEW_PATH):
            return self._review(method, path.removeprefix(_REVIEW_PATH), user)
        for route in self._routes:
            match = re.fullmatch(route.pattern, path)
            if match:
                names = match.groupdict()
                return self._permit(route, method, user, names["namespace"], names.get("name", ""))
        raise unknown_path()

    def _review(self, method: str, plural: str, user: User) -> Call:
        """Every known caller may ask about itself; about others only a caller that may do so in the whole cluster."""
        reviews = {
            SELF_REVIEWS.plural: (SELF_REVIEWS, self._reviews.of_caller, user is not ANONYMOUS),
            REVIEWS.plural: (REVIEWS, self._reviews.of_others, user.may(f"create {REVIEWS.plural}", ours=False)),
        }
        if plural not in reviews:
            raise unknown_path()
        resource, operation, allowed = reviews[plural]
        if not allowed:
            where = f'in API group "{resource.group}" at the cluster scope'
            raise forbidden(resource, "", f'User "{user.name}" cannot create resource "{plural}" {where}')
        if method != "POST":
            raise method_not_allowed()
        return Call(partial(operation, user), "", "")

    def _permit(self, route: Route, method: str, user: User, namespace: str, name: str) -> Call:
        verb, subject = route.verb(method, name), f"{route.resource.plural}{route.subresource}"
        if not user.may(f"{verb} {subject}", ours=namespace in self._namespaces):
            where = f'in API group "{route.resource.group}" in the namespace "{namespace}"'
            raise forbidden(route.resource, name, f'User "{user.name}" cannot {verb} resource "{subject}" {where}')
        if method not in route.operations:
            raise method_not_allowed()
        return Call(route.operations[method], namespace, name)


def _routes_of(resource: Resource, objects: ObjectsApi) -> Iterator[Route]:
    root = "/apis" if resource.group else "/api"
    path = rf"{root}/{re.escape(resource.api_version)}{_NAMESPACE}/{resource.plural}"
    yield Route(path, resource, {"POST": objects.create, "GET": objects.list})
    yield Route(path + _NAME, resource, {"GET": objects.get, "PATCH": objects.patch, "DELETE": objects.delete})
