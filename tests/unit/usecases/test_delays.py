"""While a step is tried again, the record of its job says what it waits for."""

from collections.abc import Callable

import pytest

from auto_retrain.domain.errors import JobConflict, RegistryUnavailable, StoreUnavailable, TransientError
from tests.unit.usecases.world import World, rows

DEAD = "MLflow at http://mlflow did not answer: connection refused"


def failing(error: TransientError) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise error

    return fail


def test_a_job_says_at_once_that_mlflow_does_not_answer_and_takes_it_back_when_it_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    job_id = world.open()
    with monkeypatch.context() as patch:
        patch.setattr(world.ports.registry, "champion", failing(RegistryUnavailable(DEAD)))
        for _ in range(3):
            with pytest.raises(RegistryUnavailable):
                world.start(job_id, "train")
    waiting = world.job(job_id)
    assert (waiting.status.value, waiting.waits_for) == ("pending", DEAD)
    assert waiting.revision == 1, "the same reason is written once"
    world.start(job_id, "train")
    assert world.job(job_id).waits_for is None


def test_a_promotion_that_mlflow_keeps_waiting_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    job_id = world.scored_job(rows(2000, 0.97), rows(2000, 0.90))
    world.validate(job_id)
    with monkeypatch.context() as patch:
        patch.setattr(world.ports.registry, "champion", failing(RegistryUnavailable(DEAD)))
        with pytest.raises(RegistryUnavailable):
            world.deploy(job_id)
    assert world.job(job_id).waits_for == DEAD
    world.deploy(job_id)
    assert world.job(job_id).waits_for is None


@pytest.mark.parametrize("error", [JobConflict("somebody else was faster"), StoreUnavailable("throttled")], ids=str)
def test_nobody_waits_for_a_record_of_our_own(error: TransientError, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    job_id = world.open()
    with monkeypatch.context() as patch:
        patch.setattr(world.ports.jobs, "save", failing(error))
        with pytest.raises(type(error), match=str(error)):
            world.start(job_id, "train")
    assert world.job(job_id).waits_for is None
