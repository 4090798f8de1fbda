"""What people may do about a rollout."""

from collections.abc import Callable
from typing import Any

import pytest

from auto_retrain.domain.analysis import Analysis
from auto_retrain.domain.errors import EventInvalid, RolloutRefused
from auto_retrain.domain.rollout import Intervention
from auto_retrain.domain.serving import ServingRecord
from auto_retrain.strategies import Hold, RollBack
from auto_retrain.usecases.decide_rollout import decide
from auto_retrain.usecases.rolling_out.intervene import abort, pause, promote, resume
from tests.unit.builders import NOON, a_policy
from tests.unit.strategies.rollouts import begun, evidence_of, minutes
from tests.unit.usecases.rolling_out.rollout_world import RolloutWorld

EVERYTHING: list[Callable[..., Any]] = [pause, resume, promote, abort]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> RolloutWorld:
    world = RolloutWorld(monkeypatch)
    world.begin(token="waiting")
    return world


def test_a_pause_holds_whatever_the_strategy_would_do_unless_the_challenger_is_harmful_now() -> None:
    rollout, at = begun("canary", bake_minutes=60), minutes(30)
    pausing = Intervention(kind="pause", actor="ada", reason="a holiday", at=minutes(1))
    record = ServingRecord(model_name="churn", rollout=rollout.changed(intervention=pausing))
    held = Hold("ada paused it: a holiday")
    baked, given_up = minutes(60), minutes(60 * 24 * 30)
    for evidence, moment in (
        (evidence_of(rollout, baked), baked),
        (None, given_up),
        (evidence_of(rollout, at), given_up),
        (evidence_of(rollout, at, unhealthy="bad").changed(rollout_id="churn-other"), at),
    ):
        assert decide(record, evidence, moment) == held
    assert decide(record, evidence_of(rollout, at, unhealthy="bad"), at) == RollBack("bad")


def test_a_rollout_that_has_ended_is_held_whatever_is_known() -> None:
    assert decide(ServingRecord(model_name="churn"), None, minutes(1)) == Hold("it has ended")


def test_a_paused_rollout_stays_where_it_is_until_it_is_resumed(world: RolloutWorld) -> None:
    pause("churn", "ada", "a holiday", world.ports)
    outcome = world.watch(minutes=70)
    assert outcome.held == {"churn": "ada paused it: a holiday"}
    assert world.answers("succeed") == []
    resume("churn", "ada", "back again", world.ports)
    assert world.watch().woken == 1


def test_an_unhealthy_challenger_is_taken_back_although_it_is_paused(world: RolloutWorld) -> None:
    pause("churn", "ada", "a holiday", world.ports)
    world.analyses["churn"] = Analysis(unhealthy="twice the errors")
    assert world.watch().rolled_back == 1


def test_a_pause_is_not_ended_by_a_lack_of_data(world: RolloutWorld) -> None:
    pause("churn", "ada", "a holiday", world.ports)
    world.analyses["churn"] = Analysis(missing="nobody is awake")
    assert world.watch(minutes=1500).rolled_back == 0
    assert world.record().rollout is not None


def test_promoting_wakes_the_execution_at_once_and_skips_statistics(world: RolloutWorld) -> None:
    world.analyses["churn"] = Analysis(unproven="too few requests")
    promote("churn", "ada", "we know it is better", world.ports)
    assert world.answers("succeed") == ["waiting"]
    assert world.watch().woken == 1


def test_a_paused_rollout_can_be_promoted(world: RolloutWorld) -> None:
    pause("churn", "ada", "a holiday", world.ports)
    record = promote("churn", "bob", "enough", world.ports)
    assert record.rollout is not None
    assert record.rollout.intervention is not None
    assert record.rollout.intervention.kind == "promote"


@pytest.mark.parametrize("action", [pause, resume])
def test_after_a_promotion_was_asked_for_the_opposite_names_who_decided(
    world: RolloutWorld, action: Callable[..., Any]
) -> None:
    promote("churn", "bob", "enough", world.ports)
    with pytest.raises(RolloutRefused, match=r"was asked to end with a promotion by bob at .*: enough"):
        action("churn", "ada", "wait", world.ports)


def test_it_can_be_aborted_even_while_it_is_being_promoted(world: RolloutWorld) -> None:
    promote("churn", "bob", "enough", world.ports)
    outcome = abort("churn", "ada", "no", world.ports)
    assert (outcome.version, outcome.taken_back) == ("1", ("2",))


@pytest.mark.parametrize("action", EVERYTHING)
def test_repeating_it_is_harmless(world: RolloutWorld, action: Callable[..., Any]) -> None:
    action("churn", "ada", "because", world.ports)
    before = world.record()
    action("churn", "ada", "because", world.ports)
    assert world.record() == before


def test_aborting_after_a_rollback_never_takes_back_the_champion(world: RolloutWorld) -> None:
    world.roll_back()
    outcome = abort("churn", "ada", "no", world.ports)
    assert outcome.unchanged is not None
    assert outcome.version == "1"


@pytest.mark.parametrize("action", EVERYTHING)
def test_without_a_rollout_it_is_refused_with_what_serves(world: RolloutWorld, action: Callable[..., Any]) -> None:
    world.promote()
    with pytest.raises(RolloutRefused, match=r"no rollout: version 2 serves since .*ended \(promoted\)"):
        action("churn", "ada", "because", world.ports)


@pytest.mark.parametrize("action", EVERYTHING)
def test_without_any_version_it_is_refused(world: RolloutWorld, action: Callable[..., Any]) -> None:
    world.ports.policies.apply(a_policy(model="fraud"), "ada", NOON)
    with pytest.raises(RolloutRefused, match="none of its versions has been put into production"):
        action("fraud", "ada", "because", world.ports)


@pytest.mark.parametrize("action", EVERYTHING)
def test_nobody_acts_in_the_name_of_the_system(world: RolloutWorld, action: Callable[..., Any]) -> None:
    with pytest.raises(EventInvalid):
        action("churn", "Auto Retrain", "because", world.ports)
