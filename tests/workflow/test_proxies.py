"""A proxy goes before a training: on real flights, through the real state machine, and where it fails."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from auto_retrain.domain.ending import Ending
from auto_retrain.domain.receipt import transitions_of
from auto_retrain.domain.verdict import Outcome
from local.demo import FLIGHTS
from local.demo.flights import CATEGORICAL, LABEL, NUMERIC, ROW_ID, prepare
from local.demo.stage import days_of
from local.stack import TRAINER_IMAGE
from tests.unit.builders import a_policy
from tests.workflow.world import ALL_THE_WAY, NOW, Ended, World

FIRST_DAY, LAST_DAY = date(2013, 3, 23), date(2013, 8, 31)
WITH_A_PROXY = ["CheckTriggers", "ChooseStart", "CheckData", "ChooseTraining", "StartProxy", "JudgeProxy"]
REFUSED = [*WITH_A_PROXY, "ChooseProxied", "CloseJob", "ChooseEnding", "Closed"]
LET_THROUGH = [*WITH_A_PROXY, "ChooseProxied", *ALL_THE_WAY[ALL_THE_WAY.index("StartTraining") :]]


@pytest.fixture(scope="module")
def flights(world: World) -> str:
    """A model that learned from sixty days until the end of May, and the flights until the end of August."""
    prepare(FLIGHTS)
    columns = {"row_id": ROW_ID, "label": LABEL, "numeric": NUMERIC, "categorical": CATEGORICAL}
    policy = a_policy(
        model="flights",
        data={"prefix": "flights", **columns},
        triggers={"evaluation_window_days": 10, "training_window_days": 60},
        training={"image": TRAINER_IMAGE, "seed": 7, "proxy": {"rows": 11_500, "cpu": "500m", "max_days": 90}},
    )
    world.policies.apply(policy, "tests", NOW)
    for day in days_of(FIRST_DAY, (LAST_DAY - FIRST_DAY).days + 1):
        world.put_object("flights", day, (FLIGHTS / f"date={day}" / "part-0.parquet").read_bytes())
    first = world.retrain("flights", at=datetime(2013, 6, 1, tzinfo=UTC))
    assert first.job is not None
    assert first.job.deployed, first.cause
    return "flights"


def triggered(world: World, model: str, at: datetime, accuracy: float) -> Ended:
    """The metric in production has been this bad for ten days."""
    for back in range(1, 11):
        world.publish_accuracy(model, (at - timedelta(days=back)).date(), accuracy)
    event: dict[str, Any] = {"model_name": model, "trigger_type": "performance_degradation"}
    return world.run({**event, "event_time": at.isoformat()})


def test_weeks_later_no_training_on_these_flights_could_help_and_none_is_paid_for(world: World, flights: str) -> None:
    """A full training would gain 0.015 where 0.045 is needed, and be rejected."""
    ended = triggered(world, flights, datetime(2013, 6, 20, tzinfo=UTC), accuracy=0.9011)
    job = ended.job
    assert job is not None
    assert (ended.status, ended.path, job.ending) == ("SUCCEEDED", REFUSED, Ending.SKIPPED), job.proxy
    assert set(job.usage.pods) == {"proxy"}
    assert job.usage.pods["proxy"].cpu == 0.5
    assert job.cost is not None
    assert not job.cost.unmeasured
    assert transitions_of(job) == 1 + len(ended.path)
    assert "could reach" in job.summary()
    assert "it takes" in job.summary()
    replayed = world.run_command("replay", job.job_id)
    assert replayed.returncode == 0, replayed.stderr + replayed.stdout
    assert "the same verdict on its proxy, refused, with the same hash" in replayed.stdout
    explained = world.run_command("explain", job.job_id).stdout
    assert "was not trained" in explained
    assert "a proxy trained on" in explained


def test_in_autumn_the_airlines_have_changed_and_the_training_is_let_through(world: World, flights: str) -> None:
    ended = triggered(world, flights, datetime(2013, 9, 1, tzinfo=UTC), accuracy=0.8808)
    job = ended.job
    assert job is not None
    assert (ended.status, ended.path, job.ending) == ("SUCCEEDED", LET_THROUGH, Ending.PROMOTED), job.proxy
    assert job.proxy is not None
    assert job.proxy.verdict is not None
    assert job.proxy.verdict.outcome is not Outcome.UNMET
    assert set(job.usage.pods) == {"proxy", "train", "score"}
    assert transitions_of(job) == 1 + len(ended.path)
    assert world.run_command("replay", job.job_id).returncode == 0


def test_an_image_that_knows_no_proxies_trains_without_one(world: World) -> None:
    model = world.given_model(days=31, training={"retries": 0, "proxy": {"rows": 500}})
    world.given_champion(model, accuracy=0.88, at=NOW - timedelta(days=8))
    ended = triggered(world, model, NOW, accuracy=0.85)
    job = ended.job
    assert job is not None, ended.decision
    assert (ended.path, job.deployed) == (LET_THROUGH, True)
    assert job.proxy is not None
    assert (job.proxy.verdict, job.proxy.refused) == (None, None)
    assert job.proxy.reason.startswith("the proxy shows nothing, so the job trains: ")
