"""The client keeps its promises whatever the API server, or the network in front of it, answers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from auto_retrain.adapters.kubernetes.access.api import ATTEMPTS, MAX_DELAY_SECONDS, PATIENCE_SECONDS
from auto_retrain.adapters.kubernetes.access.client import KubernetesClient
from auto_retrain.adapters.kubernetes.access.connection import Connection
from auto_retrain.adapters.kubernetes.access.transport import Transport
from auto_retrain.domain.errors import ClusterRefused, ClusterUnavailable

from .canned import CLOSED, Canned, CannedServer
from .recordings import body_of, load

_OVERLOAD = {case["case"].split()[0]: Canned.of(case) for case in load("overload")}
TOO_MANY, TIMED_OUT, DATABASE_LOST = _OVERLOAD["o1"], _OVERLOAD["o2"], _OVERLOAD["o4"]
UNAVAILABLE = Canned(503, "no endpoints available")

JOB = {"kind": "Job", "apiVersion": "batch/v1", "metadata": {"name": "j"}, "spec": {}}
CREATED = Canned(201, JOB)
FOUND = Canned(200, JOB)
DELETING = Canned(200, JOB | {"metadata": {"name": "j", "deletionTimestamp": "2026-11-22T23:54:00Z"}})


def _recorded(prefix: str) -> Canned:
    return next(Canned.of(case) for case in load("requests") if case["case"].startswith(prefix))


ABSENT, EXISTS, FORBIDDEN = _recorded("m19 "), _recorded("b2 "), _recorded("d1 ")
UNAUTHORIZED, INVALID, MISSPELLED = _recorded("d4 "), _recorded("e3 "), _recorded("a1 ")


class NumberedTokens:
    """A source of numbered tokens: a refused one is followed by the next."""

    def __init__(self) -> None:
        self.number = 1

    def token(self) -> str:
        return f"token-{self.number}"

    def refresh(self) -> None:
        self.number += 1


@dataclass
class World:
    """A client, the server that it talks to, and the waits that it would have taken."""

    client: KubernetesClient
    server: CannedServer
    waits: list[float] = field(default_factory=list)

    @property
    def methods(self) -> list[str]:
        return [asked.method for asked in self.server.asked]


@contextmanager
def talking_to(*answers: Canned) -> Iterator[World]:
    waits: list[float] = []
    with CannedServer(answers) as server:
        transport = Transport(Connection(server.url, None, NumberedTokens()))
        yield World(KubernetesClient(transport, "ns", sleep=waits.append, chance=lambda: 0.0), server, waits)
        assert server.answers == [], "the client asked less often than expected"


def test_a_job_is_created_with_strict_validation() -> None:
    with talking_to(CREATED) as world:
        assert world.client.create_job(JOB) == JOB

    (asked,) = world.server.asked
    assert (asked.method, asked.path) == ("POST", "/apis/batch/v1/namespaces/ns/jobs")
    assert asked.query == {"fieldValidation": "Strict"}
    assert asked.body == JOB


LOST_OR_DONE = {"closed": CLOSED, "timeout": TIMED_OUT, "database lost": DATABASE_LOST, "unavailable": UNAVAILABLE}


@pytest.mark.parametrize("lost", LOST_OR_DONE.values(), ids=LOST_OR_DONE)
def test_a_job_that_was_created_although_the_answer_was_lost_is_not_created_again(lost: Canned) -> None:
    with talking_to(lost, FOUND) as world:
        assert world.client.create_job(JOB) == JOB

    assert world.methods == ["POST", "GET"]


@pytest.mark.parametrize("lost", LOST_OR_DONE.values(), ids=LOST_OR_DONE)
def test_a_job_that_was_not_created_is_created_by_the_next_attempt(lost: Canned) -> None:
    with talking_to(lost, ABSENT, CREATED) as world:
        assert world.client.create_job(JOB) == JOB

    assert world.methods == ["POST", "GET", "POST"]
    assert len(world.waits) == 1


def test_creating_gives_up_when_nobody_ever_answers() -> None:
    with talking_to(*[CLOSED, CLOSED] * ATTEMPTS) as world, pytest.raises(ClusterUnavailable, match="did not answer"):
        world.client.create_job(JOB)


def test_an_existing_job_of_that_name_is_returned() -> None:
    with talking_to(EXISTS, FOUND) as world:
        assert world.client.create_job(JOB) == JOB


def test_a_job_that_vanished_after_the_conflict_is_created_again() -> None:
    with talking_to(EXISTS, ABSENT, CREATED) as world:
        assert world.client.create_job(JOB) == JOB


def test_a_job_that_is_being_deleted_is_waited_for() -> None:
    with talking_to(EXISTS, DELETING, CREATED) as world:
        assert world.client.create_job(JOB) == JOB


def test_a_job_whose_deletion_does_not_end_makes_the_cluster_unavailable() -> None:
    with (
        talking_to(*[EXISTS, DELETING] * ATTEMPTS) as world,
        pytest.raises(ClusterUnavailable, match="still being deleted"),
    ):
        world.client.create_job(JOB)


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (INVALID, ["422", "Invalid", "spec.backoffLimit"]),
        (MISSPELLED, ["400", "BadRequest", "spec.backofLimit"]),
        (Canned(302, "", {"Location": "https://example.org/"}), ["302"]),
    ],
    ids=["invalid", "misspelled", "redirect"],
)
def test_a_refusal_is_final_and_quotes_the_server(refusal: Canned, words: list[str]) -> None:
    with talking_to(refusal) as world, pytest.raises(ClusterRefused) as refused:
        world.client.create_job(JOB)

    assert all(word in str(refused.value) for word in words)


def test_a_refused_token_is_replaced_once() -> None:
    with talking_to(UNAUTHORIZED, FOUND, FOUND) as world:
        world.client.get_job("j")
        world.client.get_job("j")

    assert [asked.token for asked in world.server.asked] == ["token-1", "token-2", "token-2"]
    assert world.waits == []


def test_a_fresh_token_that_is_refused_is_tried_again_because_the_check_may_have_failed() -> None:
    with talking_to(*[UNAUTHORIZED] * 3, FOUND) as world:
        assert world.client.get_job("j") == JOB

    assert [asked.token for asked in world.server.asked] == ["token-1", "token-2", "token-2", "token-3"]
    assert len(world.waits) == 1


def test_a_job_that_was_refused_for_its_token_was_not_created_so_nobody_looks_for_it() -> None:
    with talking_to(UNAUTHORIZED, UNAUTHORIZED, CREATED) as world:
        assert world.client.create_job(JOB) == JOB

    assert world.methods == ["POST", "POST", "POST"]


def test_tokens_that_are_refused_for_long_are_left_to_the_retries_of_the_state_machine() -> None:
    refusals = [UNAUTHORIZED, UNAUTHORIZED] * ATTEMPTS
    with talking_to(*refusals) as world, pytest.raises(ClusterUnavailable, match="401 Unauthorized"):
        world.client.get_job("j")


def test_a_busy_server_is_given_the_time_that_it_asks_for() -> None:
    with talking_to(TOO_MANY, CREATED) as world:
        world.client.create_job(JOB)

    # The server said that it did nothing, so there is no Job to look for.
    assert world.methods == ["POST", "POST"]
    assert world.waits == [1.0]


def test_a_server_that_asks_for_a_long_time_is_not_waited_for() -> None:
    patience = str(int(MAX_DELAY_SECONDS) + 1)
    busy = Canned(429, "Too many requests", {"Retry-After": patience})
    with talking_to(busy) as world, pytest.raises(ClusterUnavailable, match="429"):
        world.client.get_job("j")

    assert world.waits == []


def test_a_server_may_ask_for_time_by_a_date() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=4), usegmt=True)
    busy = Canned(429, "Too many requests", {"Retry-After": date})
    with talking_to(busy, FOUND) as world:
        world.client.get_job("j")

    (wait,) = world.waits
    assert 2 < wait <= 4


@pytest.mark.parametrize("patience", ["soon", "-3", "1.5", "Thu, 01 Jan 1970 00:00:00 GMT", ""])
def test_without_a_usable_retry_after_the_delay_is_our_own(patience: str) -> None:
    with talking_to(Canned(503, "", {"Retry-After": patience}), FOUND) as world:
        world.client.get_job("j")

    assert world.waits == [0.25]


def test_delays_grow_until_the_attempts_are_used_up() -> None:
    with talking_to(*[UNAVAILABLE] * ATTEMPTS) as world, pytest.raises(ClusterUnavailable, match="503"):
        world.client.get_job("j")

    assert world.waits == [0.25, 0.5, 1.0]


def test_a_server_that_hangs_is_given_up() -> None:
    moments = iter([0.0, PATIENCE_SECONDS])
    with CannedServer([UNAVAILABLE]) as server:
        transport = Transport(Connection(server.url, None, NumberedTokens()))
        client = KubernetesClient(transport, "ns", clock=lambda: next(moments))
        with pytest.raises(ClusterUnavailable, match="503"):
            client.get_job("j")


def test_delays_are_shortened_at_random() -> None:
    waits: list[float] = []
    with CannedServer([UNAVAILABLE, FOUND]) as server:
        transport = Transport(Connection(server.url, None, NumberedTokens()))
        KubernetesClient(transport, "ns", sleep=waits.append, chance=lambda: 1.0).get_job("j")

    assert waits == [0.125]


def test_a_closed_port_makes_the_cluster_unavailable() -> None:
    with CannedServer([]) as server:
        url = server.url
    client = KubernetesClient(Transport(Connection(url, None, NumberedTokens())), "ns", sleep=lambda _: None)

    with pytest.raises(ClusterUnavailable, match="did not answer"):
        client.list_jobs("a=b")


@pytest.mark.parametrize("answer", [Canned(200, "<html>login</html>"), Canned(200, {"ok": True})], ids=["html", "json"])
def test_a_success_from_something_other_than_an_api_server_is_not_an_empty_list(answer: Canned) -> None:
    with talking_to(answer) as world, pytest.raises(ClusterUnavailable, match="without a JobList"):
        world.client.list_jobs("a=b")


def _page(*names: str, more: str = "") -> Canned:
    items = [{"metadata": {"name": name}} for name in names]
    return Canned(200, {"kind": "JobList", "metadata": {"continue": more}, "items": items})


def _forbidden(message: str, **details: Any) -> Canned:
    """A refusal with the code and the reason of a missing permission."""
    status = {"kind": "Status", "status": "Failure", "message": message, "reason": "Forbidden", "code": 403}
    return Canned(403, {**status, "details": details})


_POLICY = "jobs.batch \"j\" is forbidden: ValidatingAdmissionPolicy 'images' with binding 'all' denied request: no"
_WEBHOOK = 'admission webhook "images.example.org" denied the request: no'
_TERMINATING = (
    'jobs.batch "j" is forbidden: unable to create new content in namespace ns because it is being terminated'
)
_CAUSE = {"causes": [{"reason": "NamespaceTerminating", "message": "namespace ns is being terminated"}]}


@pytest.mark.parametrize(
    "full",
    [
        Canned.of(load("quota")[0]),
        _forbidden('jobs.batch "j" is forbidden: status unknown for quota: rq, resources: count/jobs.batch'),
    ],
    ids=["full", "not counted yet"],
)
def test_an_exhausted_quota_is_worth_a_retry(full: Canned) -> None:
    with talking_to(full) as world, pytest.raises(ClusterUnavailable, match="quota: rq"):
        world.client.create_job(JOB)


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (FORBIDDEN, "403 Forbidden: .* cannot create"),
        (_forbidden(_POLICY), "'images' with binding 'all' denied request: no"),
        (_forbidden(_WEBHOOK), "denied the request: no"),
        (_forbidden(_TERMINATING, **_CAUSE), "because it is being terminated"),
        (Canned(409, {"reason": "Conflict", "message": _TERMINATING, "details": _CAUSE}), "it is being terminated"),
        (Canned(422, {"reason": "Invalid", "message": _POLICY}), "denied request"),
    ],
    ids=["permission", "policy", "webhook", "terminating", "terminating conflict", "invalid"],
)
def test_a_refusal_that_does_not_pass_is_final_and_not_asked_about(refusal: Canned, words: str) -> None:
    with talking_to(refusal) as world, pytest.raises(ClusterRefused, match=words):
        world.client.create_job(JOB)

    assert world.waits == []


def test_a_job_is_resumed_once_and_says_so() -> None:
    with talking_to(
        DATABASE_LOST, Canned.of(next(case for case in load("requests") if case["case"].startswith("e36")))
    ) as world:
        world.client.resume_job("j")

    assert world.methods == ["PATCH", "PATCH"]
    assert world.server.asked[-1].body == {
        "metadata": {"annotations": {"auto-retrain/resumed": "true"}},
        "spec": {"suspend": False},
    }
    assert world.server.asked[-1].query == {"fieldValidation": "Strict"}


def test_a_long_list_is_read_page_by_page() -> None:
    with talking_to(_page("a", "b", more="next"), _page("c")) as world:
        assert [job["metadata"]["name"] for job in world.client.list_jobs("a=b")] == ["a", "b", "c"]

    assert [asked.query.get("continue") for asked in world.server.asked] == [None, "next"]
    assert {asked.query["limit"] for asked in world.server.asked} == {"1000"}


def test_a_list_that_expires_between_pages_is_not_returned() -> None:
    expired = Canned(410, {"kind": "Status", "status": "Failure", "reason": "Expired", "code": 410})
    with talking_to(_page("a", more="next"), *[expired] * ATTEMPTS) as world, pytest.raises(ClusterUnavailable):
        world.client.list_jobs("a=b")


@pytest.mark.parametrize("answers", [[Canned(200, body_of("L15 delete"))], [ABSENT], [DATABASE_LOST, ABSENT]])
def test_deleting_succeeds_when_the_job_is_gone(answers: list[Canned]) -> None:
    with talking_to(*answers) as world:
        world.client.delete_job("j")

    assert world.server.asked[0].query == {"propagationPolicy": "Background"}


@pytest.mark.parametrize(
    ("answer", "log"),
    [
        (Canned(200, "naïve\n"), "naïve\n"),
        (Canned(400, body_of("L17 log of")), ""),
        (Canned(404, body_of("L1g log")), ""),
        (Canned(204), ""),
    ],
    ids=["written", "not started", "gone", "not scheduled"],
)
def test_a_missing_log_is_empty(answer: Canned, log: str) -> None:
    with talking_to(answer) as world:
        assert world.client.log_tail("p", "main", 3) == log

    assert world.server.asked[0].query["tailLines"] == "3"


def test_a_name_cannot_escape_from_its_place_in_a_path() -> None:
    calls: list[Callable[[KubernetesClient], Any]] = [
        lambda client: client.get_job("../x?y"),
        lambda client: client.delete_job("../x?y"),
    ]
    for call in calls:
        with talking_to(ABSENT) as world:
            call(world.client)
        assert world.server.asked[0].path == "/apis/batch/v1/namespaces/ns/jobs/..%2Fx%3Fy"
