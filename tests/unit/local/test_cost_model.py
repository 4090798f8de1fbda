"""The cost model in the docs rests on counted calls: those of passes, of a check and of a whole retraining."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from local.bench.passes import sweeps
from local.bench.units import read_units, write_units
from local.docs import cost_model
from tests.unit.builders import NOON
from tests.unit.local.retrainings import a_stored_world, promote

# A few bytes more or less in a record must not change a page; a further kilobyte of one that is sealed is two units.
TOLERANCE = 0.15


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        yield


def test_a_retraining_takes_as_many_units_as_the_model_says(aws: None) -> None:
    world, count = a_stored_world()
    assert promote(world).ending == "promoted"
    assert count.reads == pytest.approx(cost_model.RETRAINING_READS, rel=TOLERANCE)
    assert count.writes == pytest.approx(cost_model.RETRAINING_WRITES, rel=TOLERANCE)


def test_a_check_that_is_not_due_takes_as_many_units_as_the_model_says(aws: None) -> None:
    world, count = a_stored_world(enabled=("scheduled",))
    event = {"model_name": "churn", "trigger_type": "scheduled", "event_time": NOON.isoformat()}
    world.ports.states.record_retrain("churn", NOON)
    count.clear()
    assert world.check(event).next == "skip"
    assert count.reads == pytest.approx(cost_model.CHECK_READS, rel=TOLERANCE)
    assert count.writes == pytest.approx(cost_model.CHECK_WRITES, rel=TOLERANCE, abs=2)


def test_what_passes_read_grows_with_the_fleet_on_a_line() -> None:
    for predicted, counted in zip(cost_model.fleet(40)[1:3], sweeps(40), strict=True):
        assert predicted.reads == pytest.approx(counted.reads, abs=1.5)
        assert predicted.metrics == counted.metrics


def test_every_function_that_runs_by_the_clock_is_in_the_model() -> None:
    assert set(cost_model.SECONDS) == set(cost_model._schedules())
    assert cost_model._schedules()["SweepModels"][0] == 8_640


def test_units_are_those_of_the_price_list() -> None:
    small, large = {"pk": {"S": "x"}}, {"pk": {"S": "x" * 5000}}
    assert [read_units([item], consistent=True) for item in ({}, small, large)] == [1, 1, 2]
    assert read_units([large], consistent=False) == 1
    assert write_units(large) == 5
    assert write_units({**large, "fleet": {"S": "3"}}) == 10
