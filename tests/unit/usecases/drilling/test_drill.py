"""Drills: a rollback is rehearsed, and nothing is taken for a promotion because of it."""

from datetime import timedelta
from typing import Any

import pytest

from auto_retrain.domain.drill import Drill
from auto_retrain.domain.errors import (
    DrillRefused,
    EventInvalid,
    ModelUnknown,
    RegistryUnavailable,
    RollbackRefused,
    ServingConflict,
    TrafficUnavailable,
)
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.usecases.drilling.drill import drill_rollback
from auto_retrain.usecases.drilling.there_and_back import LONGEST_DRILL, MAX_WAIT
from tests.unit.announced import announced
from tests.unit.usecases.rolling_out.rollout_world import RolloutWorld, away

DRY = ["record", "files", "alias", "traffic"]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> RolloutWorld:
    """Version 2 serves, and version 1 did before."""
    world = RolloutWorld(monkeypatch)
    world.promote()
    world.ports.clock.advance(timedelta(hours=1))
    return world


def drill(world: RolloutWorld, live: bool = False, actor: str = "ada") -> Drill:
    return drill_rollback("churn", actor, live, world.ports, wait=lambda seconds: pass_time(world, seconds))


def pass_time(world: RolloutWorld, seconds: float) -> None:
    world.ports.clock.advance(timedelta(seconds=seconds))


def problems(drilled: Drill) -> dict[str, str]:
    return {step.name: step.problem for step in drilled.steps if step.problem}


def kinds(world: RolloutWorld) -> list[str]:
    return [line.change for line in world.ports.ledger.lines("churn", 20)]


def test_a_drill_reads_what_a_rollback_would_need_and_changes_nothing(world: RolloutWorld) -> None:
    before, writes = world.record(), world.traffic.writes
    drilled = drill(world)
    assert ([step.name for step in drilled.steps], drilled.problem) == (DRY, None)
    assert (drilled.taken_back, drilled.target, drilled.live, drilled.actor) == ("2", "1", False, "ada")
    assert (world.record(), world.traffic.writes, world.alias()) == (before, writes, "2")
    assert world.ports.states.get("churn").drill == drilled


def test_during_a_rollout_it_rehearses_the_way_back_to_the_champion(world: RolloutWorld) -> None:
    world.begin(challenger="3")
    drilled = drill(world)
    assert (drilled.taken_back, drilled.target, drilled.problem) == ("3", "2", None)
    assert world.weights() == {"2": 95, "3": 5}


def test_each_thing_that_a_rollback_would_miss_is_named_by_its_step(world: RolloutWorld) -> None:
    world.ports.registry.delete_files("churn", "1")
    world.traffic.arms = {"2"}
    assert problems(drill(world)) == {
        "files": "PromotionRefused: version 1 of 'churn' has no files",
        "traffic": "TrafficRefused: version 1 cannot get requests: nothing serves it",
    }


def test_a_version_that_no_longer_exists_is_a_problem(world: RolloutWorld) -> None:
    world.ports.registry.delete("churn", "1")
    assert problems(drill(world)) == {"files": "RegistryRefused: 'churn' has no version 1"}


def test_what_somebody_else_moved_is_a_problem(world: RolloutWorld) -> None:
    world.ports.registry.set_champion("churn", "3")
    world.traffic.move("churn", {"2": 60, "3": 40})
    assert problems(drill(world)) == {
        "alias": "the alias 'champion' names version 3 instead of version 2",
        "traffic": "the traffic is version 2: 60 %, version 3: 40 % instead of version 2: 100 %",
    }


def test_whatever_is_away_the_other_steps_are_taken(world: RolloutWorld) -> None:
    world.ports.registry = away(RegistryUnavailable)
    world.traffic.unavailable = True
    assert list(problems(drill(world))) == ["files", "alias", "traffic"]


def test_a_drill_that_fails_is_told_to_people(world: RolloutWorld) -> None:
    world.traffic.arms = {"2"}
    drilled = drill(world)
    (event,) = announced(world.ports)[-1:]
    assert event.severity == "loud"
    assert "a rollback of churn to version 1 would fail, as the drill of ada shows: traffic: " in event.sentence
    assert world.ports.states.get("churn").drill == drilled


def test_a_model_without_an_earlier_version_has_nothing_to_drill(monkeypatch: pytest.MonkeyPatch) -> None:
    world = RolloutWorld(monkeypatch)
    with pytest.raises(RollbackRefused, match="no good version to go back to"):
        drill(world)
    with pytest.raises(ModelUnknown, match="model 'fraud' has no policy, and never had one"):
        drill_rollback("fraud", "ada", False, world.ports)
    assert world.ports.states.get("churn").drill is None


def test_the_system_itself_drills_nothing(world: RolloutWorld) -> None:
    with pytest.raises(EventInvalid, match="actor"):
        drill(world, actor="auto-retrain")


def served(world: RolloutWorld, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any]]:
    """What alias and traffic were each time that traffic was read back."""
    seen, verify = [], world.traffic.verify

    def watched(*asked: Any) -> Any:
        effect = verify(*asked)
        seen.append((world.weights(), world.record().desired.champion.number))  # type: ignore[union-attr]
        return effect

    monkeypatch.setattr(world.traffic, "verify", watched)
    return seen


def test_a_live_drill_lets_the_version_before_serve_and_brings_the_champion_back(
    world: RolloutWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = served(world, monkeypatch)
    drilled = drill(world, live=True)
    assert ([step.name for step in drilled.steps], drilled.problem) == ([*DRY, "there", "back"], None)
    assert seen == [({"1": 100}, "1"), ({"2": 100}, "2")]
    assert (world.weights(), world.alias()) == ({"2": 100}, "2")
    record = world.record()
    assert (record.drill, record.is_open, record.champion and record.champion.version.number) == (None, False, "2")


def test_a_live_drill_is_no_promotion_for_windows_watch_and_triggers(world: RolloutWorld) -> None:
    before, state = world.record(), world.ports.states.get("churn")
    drill(world, live=True)
    after = world.record()
    assert kinds(world)[:2] == ["drill_ended", "drill"]
    assert not any(line.is_new_champion for line in world.ports.ledger.lines("churn", 2))
    assert (after.champion, after.previous, after.rolled_back, after.ended) == (
        before.champion,
        before.previous,
        before.rolled_back,
        before.ended,
    )
    assert world.ports.states.get("churn").changed(drill=None) == state


def test_a_live_drill_waits_until_what_it_asked_for_is_in_force_and_measures_that(world: RolloutWorld) -> None:
    world.traffic.pending_looks = 3
    seconds = {step.name: step.seconds for step in drill(world, live=True).steps}
    assert (seconds["there"], seconds["back"]) == (6.0, 6.0)


@pytest.mark.parametrize("what", ["traffic", "alias"])
def test_what_never_follows_ends_the_drill_and_the_champion_is_back(
    world: RolloutWorld, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    if what == "traffic":
        world.traffic.pending_looks = 10_000
    else:
        monkeypatch.setattr(world.ports.registry, "set_champion", away(RegistryUnavailable).set_champion)
    began = world.now
    drilled = drill(world, live=True)
    assert "not in force after 10 minutes" in problems(drilled)["there"]
    assert world.now - began <= 2 * MAX_WAIT + timedelta(seconds=10)
    assert (world.record().drill, world.record().desired.champion.number) == (None, "2")  # type: ignore[union-attr]


def test_a_live_drill_does_not_begin_if_what_was_read_is_wrong(world: RolloutWorld) -> None:
    world.traffic.arms = {"2"}
    drilled = drill(world, live=True)
    assert [step.name for step in drilled.steps] == DRY
    assert "drill" not in kinds(world)


def a_rollout(world: RolloutWorld) -> None:
    world.begin(challenger="3")


def a_conflict(world: RolloutWorld) -> None:
    world.traffic.move("churn", {"2": 60, "1": 40})
    world.follow(world.record())


def somebody_elses_drill(world: RolloutWorld) -> None:
    change = world.record().drilled(ModelVersion(number="1"), "bob", world.now, world.now + LONGEST_DRILL)
    world.follow(world.ports.ledger.write(change))


def a_target_that_is_behind(world: RolloutWorld) -> None:
    world.traffic.ignores = True
    world.promote(version="3")


IN_THE_WAY = {
    "a rollout of version 3 is under way": a_rollout,
    "somebody else moved what serves: the traffic is": a_conflict,
    "a drill of bob is under way, until": somebody_elses_drill,
    "alias or traffic do not follow the serving record yet": a_target_that_is_behind,
}


@pytest.mark.parametrize("reason", IN_THE_WAY)
def test_a_live_drill_is_refused_while_something_is_in_its_way(world: RolloutWorld, reason: str) -> None:
    IN_THE_WAY[reason](world)
    before = world.record()
    with pytest.raises(DrillRefused, match=f"'churn' cannot be drilled live now: {reason}"):
        drill(world, live=True)
    assert world.record() == before


def test_a_version_that_was_taken_back_is_no_target(world: RolloutWorld) -> None:
    world.roll_back()
    world.ports.clock.advance(timedelta(hours=1))
    with pytest.raises(RollbackRefused, match="no good version to go back to"):
        drill(world, live=True)


def test_somebody_who_changes_the_record_first_wins(world: RolloutWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    write = world.ports.ledger.write

    def overtaken(change: Any, **rest: Any) -> Any:
        monkeypatch.setattr(world.ports.ledger, "write", write)
        world.begin(challenger="3")
        return write(change, **rest)

    monkeypatch.setattr(world.ports.ledger, "write", overtaken)
    with pytest.raises(ServingConflict):
        drill(world, live=True)
    assert world.weights() == {"2": 95, "3": 5}


def a_promotion(world: RolloutWorld) -> None:
    world.promote(version="3")


def a_rollback(world: RolloutWorld) -> None:
    world.roll_back(actor="bob")


@pytest.mark.parametrize(("change", "champion"), [(a_promotion, "3"), (a_rollback, "1")])
def test_whatever_else_changes_what_serves_comes_before_a_drill(
    world: RolloutWorld, change: Any, champion: str
) -> None:
    events = iter([change])
    world.traffic.pending_looks = 1

    def wait(seconds: float) -> None:
        pass_time(world, seconds)
        for event in events:
            event(world)

    drilled = drill_rollback("churn", "ada", True, world.ports, wait)
    assert problems(drilled) == {
        "there": "somebody else changed what serves meanwhile",
        "back": "somebody else ended the drill, or changed what serves",
    }
    world.watch(3)
    assert (world.record().drill, world.weights(), world.alias()) == (None, {champion: 100}, champion)


def test_what_a_person_moves_during_a_drill_stays(world: RolloutWorld) -> None:
    moves = iter([{"2": 60, "1": 40}])
    world.traffic.pending_looks = 1

    def wait(seconds: float) -> None:
        pass_time(world, seconds)
        for weights in moves:
            world.traffic.move("churn", weights)

    drilled = drill_rollback("churn", "ada", True, world.ports, wait)
    assert "the traffic is version 1: 40 %, version 2: 60 %" in problems(drilled)["there"]
    assert (world.weights(), world.record().drill) == ({"2": 60, "1": 40}, None)
    assert world.record().conflict is not None


@pytest.fixture
def left(world: RolloutWorld) -> RolloutWorld:
    """Whoever began a live drill has died in the middle of it."""
    somebody_elses_drill(world)
    assert world.weights() == {"1": 100}
    return world


def test_the_watcher_leaves_a_drill_alone_until_its_time_is_over(left: RolloutWorld) -> None:
    left.watch()
    assert (left.weights(), left.alias()) == ({"1": 100}, "1")


def test_the_watcher_ends_a_drill_that_was_left_and_tells_people(left: RolloutWorld) -> None:
    left.ports.clock.advance(LONGEST_DRILL)
    left.watch()
    assert (left.weights(), left.alias(), left.record().drill) == ({"2": 100}, "2", None)
    assert announced(left.ports)[-1].sentence == (
        "bob did not end the drill of churn with version 1; version 2 is brought back; "
        "team@example.com, please drill it again"
    )
    assert left.ports.states.get("churn").drill is None


def test_a_drill_that_was_left_ends_whatever_is_away_at_first(left: RolloutWorld) -> None:
    left.ports.clock.advance(LONGEST_DRILL)
    left.traffic.unavailable = True
    registry, left.ports.registry = left.ports.registry, away(RegistryUnavailable)
    left.watch(2)
    assert left.record().drill is None
    left.traffic.unavailable, left.ports.registry = False, registry
    left.watch()
    assert (left.weights(), left.alias()) == ({"2": 100}, "2")


def test_traffic_that_is_away_in_the_middle_is_a_problem_and_the_champion_comes_back(world: RolloutWorld) -> None:
    world.traffic.pending_looks = 1

    def wait(seconds: float) -> None:
        pass_time(world, seconds)
        world.traffic.unavailable = world.record().drill is not None

    drilled = drill_rollback("churn", "ada", True, world.ports, wait)
    assert problems(drilled)["there"].startswith(f"not in force after 10 minutes: {TrafficUnavailable.__name__}")
    assert world.weights() == {"2": 100}
