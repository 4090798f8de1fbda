"""An execution that waits for its rollout."""

import pytest

from auto_retrain.domain.errors import JobUnknown, ServingConflict
from auto_retrain.domain.messages.rolling_out import RolloutOrder
from auto_retrain.usecases.rolling_out.await_rollout import await_rollout
from tests.unit.usecases.rolling_out.rollout_world import RolloutWorld


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> RolloutWorld:
    world = RolloutWorld(monkeypatch)
    world.begin(token="first")
    return world


def test_the_token_is_kept_in_the_serving_record_and_in_no_text(world: RolloutWorld) -> None:
    assert world.rollout().task_token == "first"
    assert "first" not in repr(world.record())


def test_repeating_it_renews_the_token_and_writes_no_line_of_the_ledger(world: RolloutWorld) -> None:
    lines = world.ports.ledger.lines("churn", 10)
    assert world.wait("churn", "second")
    assert world.rollout().task_token == "second"
    assert world.ports.ledger.lines("churn", 10) == lines


def test_the_same_token_again_writes_nothing(world: RolloutWorld) -> None:
    before = world.record()
    assert world.wait("churn", "first")
    assert world.record() == before


@pytest.mark.parametrize("ending", ["aborted", "promoted", "another rollout"])
def test_an_execution_whose_rollout_has_ended_is_resumed_at_once(world: RolloutWorld, ending: str) -> None:
    order = RolloutOrder(job_id=world.rollout().job_id, task_token="late")
    if ending == "promoted":
        world.promote()
    else:
        world.roll_back()
    if ending == "another rollout":
        world.begin(challenger="3")
    outcome = await_rollout(order, world.ports)
    assert not outcome.waits
    assert world.answers("succeed")[-1] == "late"


def test_it_waits_although_others_change_the_record_at_the_same_time(
    world: RolloutWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    note, refusals = world.ports.ledger.note, iter([ServingConflict("changed"), ServingConflict("changed")])

    def conflicting(record: object) -> object:
        for refusal in refusals:
            raise refusal
        return note(record)

    monkeypatch.setattr(world.ports.ledger, "note", conflicting)
    assert world.wait("churn", "second")
    assert world.rollout().task_token == "second"


def test_an_unknown_job_is_refused(world: RolloutWorld) -> None:
    with pytest.raises(JobUnknown):
        await_rollout(RolloutOrder(job_id="nothing", task_token="token"), world.ports)
