"""The operations on pods, on their logs, and on events; all of them only read."""

from collections.abc import Mapping

from .errors import Cause, bad_request, invalid, not_found
from .exchange import Answer, Request
from .lists import answer_list
from .objects import EVENTS, PODS
from .pods import containers_of, waiting_reason
from .process import Log
from .store import Pod, Store, bodies

_POD_FIELDS = ("metadata.name", "metadata.namespace", "spec.nodeName", "status.phase")
_EVENT_FIELDS = (
    *("metadata.name", "metadata.namespace", "reason", "type"),
    *("involvedObject.kind", "involvedObject.name", "involvedObject.namespace", "involvedObject.uid"),
)
_LOG_OPTIONS = {"tailLines", "limitBytes", "container", "previous"}
_PULL_PROBLEMS = ("ErrImagePull", "ImagePullBackOff")


class PodsApi:
    """What a caller may see of pods, exactly as recorded from a real server."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, request: Request) -> Answer:
        return Answer(200, self._find(request).body)

    def list(self, request: Request) -> Answer:
        pods = bodies(self._store.pods, request.namespace)
        return answer_list(request, PODS, pods, _POD_FIELDS, self._store.version)

    def list_events(self, request: Request) -> Answer:
        events = [event for event in self._store.events if event["metadata"]["namespace"] == request.namespace]
        return answer_list(request, EVENTS, events, _EVENT_FIELDS, self._store.version)

    def log(self, request: Request) -> Answer:
        lines, limit = _counts(request)
        pod = self._find(request)
        _check_options(request.query, pod)
        if "nodeName" not in pod.body["spec"]:
            return Answer(204, "")
        container = request.query.get("container", pod.body["spec"]["containers"][0]["name"])
        reason = waiting_reason(pod.body, container)
        if reason:
            why = "image can't be pulled" if reason in _PULL_PROBLEMS else reason
            raise bad_request(f'container "{container}" in pod "{request.name}" is waiting to start: {why}')
        return Answer(200, pod.logs.get(container, Log()).tail(lines, limit))

    def _find(self, request: Request) -> Pod:
        pod = self._store.pods.get((request.namespace, request.name))
        if pod is None:
            raise not_found(PODS, request.name)
        return pod


def _counts(request: Request) -> tuple[int | None, int | None]:
    counts = [_count(request, "tailLines", minimum=0), _count(request, "limitBytes", minimum=1)]
    return counts[0], counts[1]


def _count(request: Request, option: str, minimum: int) -> int | None:
    text = request.query.get(option)
    if text is None:
        return None
    if int(text) < minimum:
        message = f"Invalid value: {text}: must be greater than or equal to {minimum}"
        raise invalid("PodLogOptions", "", request.name, [Cause("FieldValueInvalid", option, message)])
    return int(text)


def _check_options(query: Mapping[str, str], pod: Pod) -> None:
    unknown = set(query) - _LOG_OPTIONS
    if unknown:
        raise bad_request(f"the local cluster does not know these log options: {', '.join(sorted(unknown))}")
    name, containers = pod.body["metadata"]["name"], [container["name"] for container in containers_of(pod.body)]
    if query.get("container", containers[-1]) not in containers:
        raise bad_request(f"container {query['container']} is not valid for pod {name}")
    if query.get("previous") == "true":
        raise bad_request(f'previous terminated container "{containers[-1]}" in pod "{name}" not found')
