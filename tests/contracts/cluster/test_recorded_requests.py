"""The local cluster answers every recorded request as the real API server did."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from local.cluster import LocalCluster, User
from local.cluster.tokens import ADMIN

from .recordings import TOKENS, load, replay

CASES = load("requests")
POD_SECURITY = load("pod-security")

_USERS = {TOKENS["admin"]: ADMIN, TOKENS["norbac"]: User("lab-norbac", frozenset())}
_UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _suspended_job(name: str, **metadata: Any) -> dict[str, Any]:
    container = {"name": "main", "image": "localhost/lab/python:1", "command": ["true"]}
    template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    spec = {"backoffLimit": 0, "suspend": True, "template": template}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, **metadata}, "spec": spec}


# Jobs that existed before these cases; their creation was not recorded.
_BEFORE = {
    "b8": _suspended_job("fin", finalizers=["lab.example/hold"]),
    "b10": _suspended_job("bg"),
    "b11": _suspended_job("fg"),
}


def _ask_everything(cases: list[Any], restricted: bool, namespace: str) -> dict[str, requests.Response]:
    answers = {}
    with LocalCluster({}, tokens=_USERS, namespaces=(namespace,), restricted=restricted) as cluster:
        for case in cases:
            before = _BEFORE.get(case["case"].split()[0])
            if before:
                path = f"/apis/batch/v1/namespaces/{namespace}/jobs"
                assert replay(cluster.url, {"method": "POST", "path": path, "as": "admin", "body": before}).ok
            answers[case["case"]] = replay(cluster.url, case["request"])
            cluster.wait_until(cluster.is_idle)
    return answers


@pytest.fixture(scope="module")
def answers() -> dict[str, requests.Response]:
    return _ask_everything(CASES, restricted=False, namespace="probe")


@pytest.fixture(scope="module")
def restricted_answers() -> dict[str, requests.Response]:
    return _ask_everything(POD_SECURITY, restricted=True, namespace="restricted")


def _causes(body: Any) -> list[tuple[str, str]]:
    causes = (body.get("details") or {}).get("causes", [])
    return sorted((cause["reason"], cause["field"]) for cause in causes)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_status_reason_and_causes_are_those_of_the_real_server(case: Any, answers: Any) -> None:
    answer, recorded = answers[case["case"]], case["body"]

    assert answer.status_code == case["status"]
    assert answer.json().get("kind") == recorded.get("kind")
    if case["status"] >= 400:
        assert answer.json()["reason"] == recorded["reason"]
        assert _causes(answer.json()) == _causes(recorded)
        names = {"name", "kind", "group"}
        told = {key: value for key, value in (answer.json().get("details") or {}).items() if key in names}
        assert told == {key: value for key, value in (recorded.get("details") or {}).items() if key in names}


_STORED = [case for case in CASES if case["body"].get("kind") == "Job" and "spec" in case["body"]]


@pytest.mark.parametrize("case", _STORED, ids=lambda case: case["case"])
def test_jobs_are_completed_as_by_the_real_server(case: Any, answers: Any) -> None:
    assert _comparable(answers[case["case"]].json()) == _comparable(case["body"])


def _comparable(job: Any) -> Any:
    """A Job without what differs from run to run; `dup` had been patched by a request that we do not make."""
    metadata = {key: job["metadata"].get(key) for key in ("namespace", "labels", "finalizers")}
    spec = job["spec"] | ({"backoffLimit": 0} if job["metadata"]["name"] == "dup" else {})
    text = _UID.sub("UID", json.dumps([metadata, spec]))
    return json.loads(text.replace(job["metadata"]["name"], "NAME") if "generateName" in job["metadata"] else text)


_WARNED = [
    case for case in CASES if any("propagationPolicy" in text for text in case.get("headers", {}).get("warning", []))
]


@pytest.mark.parametrize("case", _WARNED, ids=lambda case: case["case"])
def test_deleting_without_a_policy_is_answered_with_a_warning_when_it_keeps_the_pods(case: Any, answers: Any) -> None:
    assert ("Warning" in answers[case["case"]].headers) or answers[case["case"]].status_code >= 400


def test_a_pod_that_breaks_the_restricted_profile_is_refused_after_its_job_was_accepted(
    restricted_answers: Any,
) -> None:
    created, events, status = (restricted_answers[case["case"]] for case in POD_SECURITY)

    assert created.status_code == 201
    assert "Warning" in created.headers
    assert {event["reason"] for event in events.json()["items"]} == {"FailedCreate"}
    recorded = POD_SECURITY[2]["body"]["status"]
    assert status.json()["status"].keys() == recorded.keys()
    assert "active" not in status.json()["status"]


def test_concurrent_creations_of_one_name_have_one_winner() -> None:
    with LocalCluster({}, tokens=_USERS, restricted=False) as cluster:
        path = "/apis/batch/v1/namespaces/auto-retrain/jobs"
        request = {"method": "POST", "path": path, "as": "admin", "body": _suspended_job("one")}
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: replay(cluster.url, request).status_code, range(16)))

    assert sorted(answers) == [201] + [409] * 15


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"method": "GET", "path": "/apis/batch/v1/namespaces/probe/jobs?watch=1"}, 400),
        ({"method": "DELETE", "path": "/apis/batch/v1/namespaces/probe/jobs/x", "raw": "{"}, 400),
        ({"method": "POST", "path": "/apis/batch/v1/namespaces/probe/jobs", "raw": "[" * 100_000}, 400),
        ({"method": "POST", "path": "/apis/batch/v1/namespaces/probe/jobs", "raw": "[1]"}, 400),
        ({"method": "PUT", "path": "/apis/batch/v1/namespaces/probe/jobs/x"}, 405),
    ],
    ids=["watch", "options", "nested", "list", "put"],
)
def test_what_was_not_recorded_is_still_answered(request_: dict[str, Any], status: int) -> None:
    with LocalCluster({}, tokens=_USERS, namespaces=("probe",)) as cluster:
        answer = replay(cluster.url, {"as": "admin", **request_})

    assert answer.status_code == status
    assert answer.json()["kind"] == "Status"
