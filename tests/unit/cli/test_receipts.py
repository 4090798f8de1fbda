"""Receipts show what each retraining cost, and what those cost that changed nothing."""

import json

import pytest

from auto_retrain.domain.policy.training import Capacity
from auto_retrain.domain.prices import LIST_PRICES
from auto_retrain.domain.usage import PodUse, Usage
from tests.unit.cli.terminal import Terminal
from tests.unit.usecases.world import World

POD = PodUse(pods=1, cpu=4, gib=16, gpus=0, capacity=Capacity.ANY, seconds=3600)


@pytest.fixture
def world(terminal: Terminal) -> World:
    world = World()
    terminal.ports = world.ports
    job_id = world.open()
    world.ports.jobs.save(world.job(job_id).changed(usage=Usage(pods={"train": POD})))
    return world


def test_the_table_fits_a_terminal_and_sums_up(terminal: Terminal, world: World) -> None:
    text = terminal.ok("receipts", "churn")
    assert text.splitlines()[0].split() == ["CREATED", "ENDED", "PODS", "REST", "TOTAL", "FORECAST", "JOB"]
    assert text.splitlines()[1].split()[:5] == ["2026-03-01", "pending", "$0.1920", "$0.0002", "$0.1922"]
    assert "retrainings: 1 for $0.19" in text
    assert "of these changed nothing: 0 for $0.0000" in text  # it is still under way
    world.close()
    assert "of these changed nothing: 1 for $0.19" in terminal.ok("receipts", "churn")
    assert "check them against your bill" in text
    assert max(map(len, text.splitlines())) <= 80


def test_what_is_only_a_bound_is_marked(terminal: Terminal, world: World) -> None:
    (job,) = world.ports.jobs.list_recent("churn", 1)
    world.ports.jobs.save(job.changed(usage=Usage(pods={"train": POD.changed(at_most=True)})))
    text = terminal.ok("receipts")
    assert "$0.1922<" in text
    assert "at most" in text


def test_json_has_every_part(terminal: Terminal, world: World) -> None:
    (receipt,) = json.loads(terminal.ok("receipts", "--json"))
    assert receipt["pods"] == pytest.approx(0.192)
    assert receipt["changed_something"] is False


def test_prices_of_ones_own_replace_those_of_the_release(terminal: Terminal, world: World) -> None:
    own = LIST_PRICES.read_text().replace('"usd": 0.0352', '"usd": 1').replace('"usd": 0.0032', '"usd": 0')
    assert "$4.0000" in terminal.ok("receipts", "--prices", terminal.file(own, "prices.yaml"))


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ('{"usd": 0.0352, "unit": "vCPU-hour"', "on_demand.cpu"),
        ('{"usd": 0.0000002, "unit": "request"', "lambda_request"),
        ('"as_of": "2025-01-01"', "as_of"),
        ('"region": "us-east-1"', "region"),
    ],
)
def test_prices_that_are_incomplete_or_for_another_unit_are_refused(
    terminal: Terminal, world: World, broken: str, message: str
) -> None:
    own = LIST_PRICES.read_text().replace(broken, '{"usd": 1, "unit": "GB-month"' if "{" in broken else '"other": 1')
    answer = terminal.run("receipts", "--prices", terminal.file(own, "prices.yaml"))
    assert (answer.code, answer.out) == (1, "")
    assert message in answer.err


def test_a_model_that_does_not_exist_is_named_and_one_without_jobs_says_so(terminal: Terminal) -> None:
    assert terminal.run("receipts", "fraud").code == 1
    terminal.apply()
    assert terminal.ok("receipts", "churn") == "no retraining in 30 days\n"
