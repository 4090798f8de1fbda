"""Our EKS tokens are accepted where they should be and only there; recorded ones are judged as by the real server."""

import base64
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from botocore.credentials import Credentials

from auto_retrain.adapters.kubernetes.access.eks_tokens import MAX_AGE_SECONDS, EksTokens
from auto_retrain.domain.errors import ClusterRefused
from local.cluster import LocalCluster

from .conftest import make_job
from .recordings import Json, load, replay

KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """A cluster that verifies signatures."""
    with LocalCluster({}, name="prod", namespaces=("eks",), aws_keys={KEY: SECRET}) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def trusting_cluster() -> Iterator[LocalCluster]:
    """A cluster that accepts any signature, because the recorded ones were not real."""
    with LocalCluster({}, namespaces=("eks",), restricted=False) as cluster:
        yield cluster


def _list_jobs(cluster: LocalCluster, tokens: EksTokens) -> int:
    url = f"{cluster.url}/apis/batch/v1/namespaces/eks/jobs"
    return requests.get(url, headers={"Authorization": f"Bearer {tokens.token()}"}, timeout=5).status_code


def _tokens(secret: str = SECRET, session: str | None = None, cluster: str = "prod", key: str = KEY) -> EksTokens:
    return EksTokens(lambda: Credentials(key, secret, session), "eu-central-1", cluster)


@pytest.mark.parametrize("session", [None, "session/token+with=signs"], ids=["user", "role"])
def test_a_token_for_this_cluster_is_accepted(cluster: LocalCluster, session: str | None) -> None:
    assert _list_jobs(cluster, _tokens(session=session)) == 200


@pytest.mark.parametrize(
    "wrong",
    [{"cluster": "staging"}, {"secret": "guessed"}, {"key": "AKIDOTHER"}],
    ids=["other cluster", "wrong secret", "unknown identity"],
)
def test_a_token_that_proves_something_else_is_refused(cluster: LocalCluster, wrong: dict[str, str]) -> None:
    assert _list_jobs(cluster, _tokens(**wrong)) == 401


@pytest.mark.parametrize(("region", "host"), [("eu-west-1", "amazonaws.com/"), ("cn-north-1", "amazonaws.com.cn/")])
def test_the_request_in_a_token_goes_to_the_region_of_the_caller(
    region: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    token = EksTokens(lambda: Credentials(KEY, SECRET), region, "prod").token()

    assert _url(token).startswith(f"https://sts.{region}.{host}?Action=GetCallerIdentity&")
    assert "X-Amz-Expires=60&" in _url(token)
    assert "=" not in token


def test_a_token_is_used_until_it_is_too_old_or_refused() -> None:
    now, asked = [0.0], []

    def find_credentials() -> Credentials:
        asked.append(now[0])
        return Credentials(KEY, SECRET)

    tokens = EksTokens(find_credentials, "eu-central-1", "prod", clock=lambda: now[0])
    for moment in (0.0, MAX_AGE_SECONDS - 1, MAX_AGE_SECONDS):
        now[0] = moment
        tokens.token()
    assert asked == [0.0, MAX_AGE_SECONDS]

    tokens.refresh()
    tokens.token()
    assert asked == [0.0, MAX_AGE_SECONDS, MAX_AGE_SECONDS]


def test_without_credentials_there_is_no_token() -> None:
    with pytest.raises(ClusterRefused, match="credentials"):
        EksTokens(lambda: None, "eu-central-1", "prod").token()


# The recorded role lacked the verb `patch` (x7), which ours has; x9 has a test of its own.
_RECORDED = [case for case in load("eks") if "request" in case and case["case"].split()[0] not in ("x7", "x9")]


@pytest.mark.parametrize("case", _RECORDED, ids=lambda case: case["case"])
def test_recorded_tokens_are_judged_as_by_the_real_server(case: Json, trusting_cluster: LocalCluster) -> None:
    request = dict(case["request"])
    if "older than" not in case["case"]:
        request["as"] = _signed_now(request["as"])

    answer = replay(trusting_cluster.url, request)

    assert answer.status_code == case["status"]
    assert answer.json().get("reason") == case["body"].get("reason")


def test_a_recorded_token_of_an_unknown_identity_is_refused(cluster: LocalCluster) -> None:
    case = next(case for case in load("eks") if case["case"].startswith("x9"))

    answer = replay(cluster.url, dict(case["request"], **{"as": _signed_now(case["request"]["as"])}))

    assert (answer.status_code, answer.json()["reason"]) == (case["status"], case["body"]["reason"])


def _signed_now(token: str) -> str:
    if token.endswith("="):
        return token
    now = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    url = re.sub(r"X-Amz-Date=\w+", f"X-Amz-Date={now}", _url(token))
    return "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def _url(token: str) -> str:
    encoded = token.removeprefix("k8s-aws-v1.")
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/apis/batch/v1/namespaces/eks/jobs", 201),
        ("GET", "/apis/batch/v1/namespaces/eks/jobs/one", 200),
        ("GET", "/api/v1/namespaces/eks/pods", 200),
        ("GET", "/api/v1/namespaces/eks/events", 200),
        ("DELETE", "/apis/batch/v1/namespaces/eks/jobs/one?propagationPolicy=Background", 200),
        ("PUT", "/apis/batch/v1/namespaces/eks/jobs/one", 403),
        ("POST", "/api/v1/namespaces/eks/pods", 403),
        ("GET", "/apis/batch/v1/namespaces/default/jobs", 403),
        ("GET", "/api/v1/namespaces/eks/secrets", 404),
    ],
)
def test_the_role_of_our_functions_grants_what_they_use_and_no_more(
    method: str, path: str, status: int, trusting_cluster: LocalCluster
) -> None:
    one = make_job("one", "true", suspend=True)
    as_role = {"as": _tokens().token(), "method": "POST", "path": "/apis/batch/v1/namespaces/eks/jobs", "body": one}
    if method != "POST":
        replay(trusting_cluster.url, as_role)
    else:
        replay(
            trusting_cluster.url,
            as_role | {"method": "DELETE", "path": as_role["path"] + "/one?propagationPolicy=Background"},
        )

    body: dict[str, Any] = {"body": one} if method == "POST" else {}
    answer = replay(trusting_cluster.url, {"as": _tokens().token(), "method": method, "path": path, **body})

    assert answer.status_code == status
