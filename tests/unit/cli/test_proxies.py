"""What people see of a training that a proxy refused."""

import json
from datetime import timedelta

import pytest

from auto_retrain.domain.verdict import Outcome
from auto_retrain.usecases.reporting.job_page import job_page
from tests.unit.builders import NOON
from tests.unit.cli.terminal import Terminal
from tests.unit.report.test_report import Tags
from tests.unit.usecases.validating.proxy_world import ProxyWorld


@pytest.fixture(autouse=True)
def world(terminal: Terminal) -> ProxyWorld:
    world = ProxyWorld()
    world.given_champion(0.9)
    terminal.ports = world.ports
    return world


@pytest.fixture
def refused(world: ProxyWorld) -> str:
    job_id = world.triggered(NOON + timedelta(days=2))
    assert job_id is not None
    world.planned(job_id)
    world.proxied(job_id, champion=0.9, half=0.9, whole=0.9)
    world.end(job_id)
    return job_id


def test_explain_says_what_the_proxy_showed_and_what_it_takes(terminal: Terminal, refused: str) -> None:
    explained = json.loads(terminal.ok("explain", refused, "--json"))
    assert (explained["outcome"], explained["what"]) == ("skipped", "churn was not trained")
    assert explained["why"].startswith("a proxy trained on 5000 of 40000 rows has accuracy ")
    assert explained["next"].startswith("it takes a better challenger (other data.numeric, ")
    assert "proxy: not trained: a proxy trained on 5000" in " ".join(terminal.ok("explain", refused, "--all").split())


def test_a_job_that_gets_no_proxy_says_why(terminal: Terminal, world: ProxyWorld) -> None:
    job_id = world.triggered(NOON + timedelta(days=2))
    assert job_id is not None
    world.planned(job_id, training_rows=6000)
    shown = " ".join(terminal.ok("job", job_id).split())
    assert "proxy: no proxy: training.proxy.rows are 83% of the training rows; at most 25% save anything" in shown


def test_a_replay_judges_the_proxy_again(terminal: Terminal, world: ProxyWorld, refused: str) -> None:
    check = world.job(refused).proxy
    assert check is not None
    *_, sentence, digest = terminal.ok("replay", refused).splitlines()
    assert sentence == f"{refused}: the same verdict on its proxy, refused, with the same hash"
    assert digest == check.check_hash
    assert json.loads(terminal.ok("replay", refused, "--json"))["proxy"]["differences"] == []


def test_a_replay_finds_a_proxy_whose_verdict_was_changed(terminal: Terminal, world: ProxyWorld, refused: str) -> None:
    job = world.job(refused)
    assert job.proxy is not None
    assert job.proxy.verdict is not None
    forged = job.proxy.changed(verdict=job.proxy.verdict.changed(outcome=Outcome.MET))
    world.ports.jobs.save(job.proxied(forged))
    answer = terminal.run("replay", refused)
    assert answer.code == 1
    assert answer.out.splitlines()[-3:] == [
        f"{refused}: NOT the same: its proxy refused, replayed refused",
        "  the record was changed after it was sealed",
        "  verdict.outcome",
    ]


def test_the_page_of_the_job_has_the_numbers_behind_it(world: ProxyWorld, refused: str) -> None:
    page = job_page(world.job(refused), world.ports, linked=False)
    assert Tags(page).open == []
    for shown in ("What a proxy showed", "Proxy ordered", "trained on 5000 rows", "2500 to 5000 rows", "40000 rows"):
        assert shown in page
