"""The local model server, over HTTP: what it answers, and what a rollout is judged by afterwards."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from auto_retrain.adapters.data.s3 import S3DataStore
from auto_retrain.adapters.live.prediction_log import PredictionLogSource
from auto_retrain.domain.live import LiveCounts
from auto_retrain.serving import PredictionLog, Router
from local.serving.labels import write_labels
from local.serving.server import Fault, ModelServer, Predict
from tests.aws_clients import REGION, aws_client
from tests.contracts.ports.logged import END, START, a_query, logged_policy
from tests.unit.serving.serving_world import Files, Ledger, a_record


class World:
    """A server whose version 1 says no to all and version 2 yes, and the log that it writes."""

    def __init__(self) -> None:
        self.files, self.ledger = Files(), Ledger(a_record(50, job="churn-2"))
        self.labels: dict[str, str] = {}
        router = Router("churn", lambda: self.ledger, refresh_seconds=3600)  # type: ignore[arg-type, return-value]
        log = PredictionLog("churn", lambda: self.files, flush_seconds=3600)
        self.server = ModelServer("churn", router, log, self.load, clock=lambda: START + timedelta(minutes=5))
        self.unloadable: set[str] = set()

    def load(self, version: str) -> Predict:
        if version in self.unloadable:
            raise ImportError("no module named 'sklearn'")
        return lambda _: {"1": "no", "2": "yes"}[version]

    def ask(self, key: str) -> requests.Response:
        url = f"{self.server.url}/v1/models/churn:predict"
        return requests.post(url, json={"instances": [{}]}, headers={"X-Key": key, "X-Request-Id": key}, timeout=10)

    def ask_all(self) -> list[requests.Response]:
        return [self.ask(f"customer-{number}") for number in range(40)]


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    with world.server:
        yield world


@pytest.fixture
def counted(aws: None) -> Callable[[World], LiveCounts]:
    def count(world: World) -> LiveCounts:
        client = aws_client("s3")
        client.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": REGION})
        world.server.log.flush()
        for key, content in world.files.files.items():
            client.put_object(Bucket="data", Key=key, Body=content)
        write_labels(client, "data", "labels/churn", world.labels, END.date())
        return PredictionLogSource(S3DataStore(client, "data", "artifacts")).read([a_query(logged_policy())])[0]

    return count


def test_both_versions_answer_are_logged_and_judged_by_labels(
    world: World, counted: Callable[[World], LiveCounts]
) -> None:
    answers = [response.json() for response in world.ask_all()]
    by_version = {version: [a for a in answers if a["version"] == version] for version in "12"}
    assert {answer["predictions"][0] for answer in by_version["2"]} == {"yes"}
    world.labels = {answer["prediction_id"]: "yes" for answer in answers}
    counts = counted(world)
    assert counts.problem is counts.label_problem is None
    assert (counts.champion.requests, counts.challenger.requests) == tuple(map(len, by_version.values()))
    assert (counts.champion.good, counts.challenger.good) == (0, len(by_version["2"]))


def test_a_challenger_that_cannot_be_loaded_is_an_error_and_the_champion_answers(
    world: World, counted: Callable[[World], LiveCounts]
) -> None:
    world.unloadable = {"2"}
    responses = world.ask_all()
    assert {(each.status_code, each.json()["version"]) for each in responses} == {(200, "1")}
    counts = counted(world)
    assert counts.challenger.requests == counts.challenger.errors > 0
    assert counts.champion.requests == 40 - counts.challenger.requests


def test_faults_are_injected_into_one_version(world: World, counted: Callable[[World], LiveCounts]) -> None:
    world.server.faults["2"] = Fault(error_share=0.5, seconds=0.02)
    assert {each.status_code for each in world.ask_all()} == {200}
    counts = counted(world)
    assert (counts.champion.errors, counts.challenger.errors) == (0, counts.challenger.requests // 2)
    assert min(counts.challenger.latencies) > max(counts.champion.latencies)


def test_a_champion_that_fails_is_an_error_of_the_server(world: World) -> None:
    world.ledger.record = a_record()
    world.server.router.refresh()
    world.server.faults["1"] = Fault(error_share=1)
    assert world.ask("ann").status_code == 500


def test_copies_are_logged_and_nobody_gets_them(world: World, counted: Callable[[World], LiveCounts]) -> None:
    world.ledger.record = a_record(0, mirror_share=100, job="churn-2")
    world.server.router.refresh()
    world.server.faults["2"] = Fault(error_share=0.5)
    assert {each.json()["version"] for each in world.ask_all()} == {"1"}
    counts = counted(world)
    assert (counts.champion.requests, counts.copies.requests, counts.copies.errors) == (40, 40, 20)


def test_health_says_which_revision_is_followed(world: World) -> None:
    health: Any = requests.get(f"{world.server.url}/health", timeout=10).json()
    assert health["revision"] == 1
    assert 0 <= health["age_seconds"] < 60


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [("/v1/models/churn:predict", "{", 400), ("/v1/models/churn:predict", "[]", 400), ("/elsewhere", "{}", 404)],
)
def test_a_request_that_makes_no_sense_is_refused(world: World, path: str, body: str, status: int) -> None:
    assert requests.post(world.server.url + path, body, timeout=10).status_code == status
