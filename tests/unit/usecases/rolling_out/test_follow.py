"""Traffic and alias follow the record; what somebody else moved stays, and a person's command is newer than that."""

from typing import Any

import pytest

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.errors import RegistryUnavailable, TrafficRefused, TrafficUnavailable
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.policy.deployment import CanaryDeployment
from auto_retrain.domain.policy.traffic import AliasTarget, HttpRouteTarget
from auto_retrain.domain.rollout import Rollout
from auto_retrain.domain.serving import ServingRecord
from auto_retrain.usecases.rolling_out.follow import follow
from tests.unit.announced import announced
from tests.unit.builders import a_policy
from tests.unit.usecases.rolling_out.rollout_world import a_job

TARGET = HttpRouteTarget(adapter="http_route", namespace="serving", route="churn", service="churn-v{version}")
OTHER = TARGET.changed(route="other")


class Followed:
    """Version 1 serves, and alias and traffic follow."""

    def __init__(self) -> None:
        self.ports = MemoryPorts()
        self.now = self.ports.clock.now()
        self.ports.policies.apply(a_policy(), "ada", self.now)
        for version in ("1", "2", "3", "7"):
            self.ports.registry.register("churn", version)
        self.ports.registry.set_champion("churn", "1")
        self.ports.weights.move("churn", {"1": 100})
        self.ports.ledger.write(self.record.adopted(ModelVersion(number="1"), "it served", self.now))
        self.follow()

    @property
    def record(self) -> ServingRecord:
        return self.ports.ledger.serving("churn")

    @property
    def alias(self) -> str | None:
        return self.ports.registry.champion("churn")

    @property
    def weights(self) -> dict[str, float]:
        return dict(self.ports.weights.routes["churn"].weights)

    @property
    def told(self) -> list[str]:
        return list({event.event_id: event.topic for event in announced(self.ports)}.values())

    def follow(self, target: Any = TARGET) -> ServingRecord:
        return follow(self.record, target, self.ports)

    def roll_out(self, weight: int = 5) -> None:
        rollout = Rollout(
            job_id="churn-2",
            challenger=ModelVersion(number="2"),
            deployment=CanaryDeployment(strategy="canary", traffic=TARGET),
            policy_version=1,
            started_at=self.now,
            since=self.now,
            weight=weight,
        )
        self.ports.ledger.write(self.record.rolling_out(rollout, "auto-retrain", "it passed", self.now))

    def promote(self, version: str = "2", actor: str = "auto-retrain") -> None:
        job = a_job("churn", version, self.now)
        self.ports.ledger.write(
            self.record.promoted(ModelVersion(number=version), job, actor, "it is better", self.now)
        )

    def roll_back(self, actor: str) -> None:
        target = self.record.previous
        assert target is not None
        self.ports.ledger.write(self.record.rolled_back_to(target, actor, "it is wrong", self.now))


@pytest.fixture
def world() -> Followed:
    return Followed()


def test_what_follows_already_is_neither_written_nor_stored_again(world: Followed) -> None:
    before, writes = world.record, world.ports.weights.writes
    assert before.is_applied
    assert not before.is_open
    assert world.follow() == before
    assert world.ports.weights.writes == writes


def test_traffic_and_alias_follow_each_change(world: Followed) -> None:
    world.roll_out()
    assert world.follow().is_applied
    assert (world.alias, world.weights) == ("1", {"1": 95, "2": 5})
    world.promote()
    assert not world.record.is_applied
    assert world.follow().is_applied
    assert (world.alias, world.weights) == ("2", {"2": 100})


def test_a_change_that_was_never_read_back_is_not_taken_for_somebody_elses(world: Followed) -> None:
    world.roll_out(weight=5)
    world.follow()
    world.roll_out(weight=25)
    world.ports.weights.move("churn", {"1": 75, "2": 25})  # and then the process died
    world.promote()
    world.ports.registry.set_champion("churn", "2")
    world.roll_back("auto-retrain")
    after = world.follow()
    assert (after.conflict, world.alias, world.weights) == (None, "1", {"1": 100})


def test_a_way_back_is_open_until_it_was_read_back_even_if_the_alias_was_last_seen_there(world: Followed) -> None:
    world.promote()
    world.ports.registry.set_champion("churn", "2")  # and then the process died
    world.roll_back("auto-retrain")
    assert world.record.is_open
    world.follow()
    assert world.alias == "1"


@pytest.mark.parametrize("moved", ["alias", "traffic", "both"])
def test_another_version_that_somebody_lets_serve_is_the_champion_from_now_on(world: Followed, moved: str) -> None:
    world.roll_out()
    world.follow()
    if moved != "traffic":
        world.ports.registry.set_champion("churn", "7")
    if moved != "alias":
        world.ports.weights.move("churn", {"7": 100})
    after = world.follow()
    assert after.champion is not None
    assert (after.champion.version.number, after.champion.change, after.rollout) == ("7", "adopted", None)
    assert after.ended is not None
    assert (after.ended.job_id, after.ended.outcome) == ("churn-2", "conflict")
    assert (world.alias, world.weights, world.told) == ("7", {"7": 100}, ["alias_moved"])
    assert after.is_applied


def test_a_rollout_that_somebody_ends_by_hand_has_ended(world: Followed) -> None:
    world.roll_out()
    world.follow()
    world.ports.weights.move("churn", {"1": 100})
    after = world.follow()
    assert (after.rollout, world.weights, world.alias) == (None, {"1": 100}, "1")


@pytest.mark.parametrize("target", [TARGET, AliasTarget()], ids=["route", "alias"])
def test_an_alias_that_was_deleted_is_a_conflict_until_it_is_there_again(world: Followed, target: Any) -> None:
    world.follow(target)
    world.ports.registry.delete("churn", "1")
    after = world.follow(target)
    assert after.conflict == "the alias 'champion' names no version instead of version 1"
    assert world.follow(target) == after
    assert world.ports.states.get("churn").serving is None
    world.ports.registry.register("churn", "1")
    world.ports.registry.set_champion("churn", "1")
    after = world.follow(target)
    assert (after.conflict, after.is_open, world.told) == (None, False, ["alias_moved", "serving_agrees"])
    assert after.told_at is None
    assert world.ports.states.get("churn").serving is not None


def test_a_split_that_we_did_not_ask_for_stays_and_stops_everything(world: Followed) -> None:
    world.roll_out()
    world.follow()
    world.ports.weights.move("churn", {"1": 60, "2": 40})
    after = world.follow()
    assert after.conflict == (
        "the traffic is version 1: 60 %, version 2: 40 % instead of version 1: 95 %, version 2: 5 %"
    )
    assert (world.weights, world.alias, after.is_open) == ({"1": 60, "2": 40}, "1", True)
    world.ports.ledger.write(world.record.aborted("auto-retrain", "its execution ended", world.now))
    world.follow()
    assert world.weights == {"1": 60, "2": 40}


@pytest.mark.parametrize("was_noticed", [True, False])
def test_a_persons_command_is_newer_than_what_somebody_moved_before(world: Followed, was_noticed: bool) -> None:
    world.roll_out()
    world.follow()
    world.ports.weights.move("churn", {"1": 60, "2": 40})
    world.ports.registry.set_champion("churn", "7")
    if was_noticed:
        world.follow()
    if world.record.rollout:
        world.ports.ledger.write(world.record.aborted("ada", "enough", world.now))
    else:
        world.roll_back("ada")
    after = world.follow()
    assert (after.conflict, world.alias, world.weights) == (None, "1", {"1": 100})
    world.ports.weights.move("churn", {"1": 60, "2": 40})
    assert world.follow().conflict is not None


def test_a_version_that_its_own_job_refused_is_not_taken_over(world: Followed) -> None:
    job = a_job("churn", "3", world.now)
    world.ports.jobs.open_job(job.trained(ModelVersion(number="3")), world.now)
    world.ports.registry.register("churn", "3", job_id=job.job_id)
    world.ports.registry.set_champion("churn", "3")
    after = world.follow()
    assert after.champion is not None
    assert (after.champion.version.number, world.alias, world.weights) == ("1", "3", {"1": 100})
    assert after.conflict
    assert world.told == ["alias_moved"]


def test_a_new_target_follows_although_it_still_has_an_earlier_champion(world: Followed) -> None:
    world.promote()
    world.follow()
    world.ports.weights.move("churn", {"1": 100})
    assert world.follow(OTHER).conflict is None
    assert world.weights == {"2": 100}


def test_a_new_target_with_a_stranger_is_a_conflict_and_nothing_is_taken_over(world: Followed) -> None:
    world.ports.weights.move("churn", {"7": 100})
    after = world.follow(OTHER)
    assert after.conflict
    assert after.desired is not None
    assert (after.desired.champion.number, world.weights) == ("1", {"7": 100})


def test_mlflow_that_is_away_keeps_no_traffic_from_following(world: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
    world.promote()

    def away(*_: str) -> str:
        raise RegistryUnavailable("MLflow did not answer")

    with monkeypatch.context() as patch:
        patch.setattr(world.ports.registry, "champion", away)
        after = world.follow()
    assert after.is_open
    assert after.applied is not None
    assert after.applied.pending == "the alias 'champion' could not be read or moved"
    assert world.weights == {"2": 100}
    assert world.follow().is_applied
    assert world.alias == "2"


def test_a_target_that_is_away_keeps_no_alias_from_following(world: Followed) -> None:
    world.promote()
    world.ports.weights.unavailable = True
    with pytest.raises(TrafficUnavailable):
        world.follow()
    assert (world.alias, world.record.is_open) == ("2", True)
    world.ports.weights.unavailable = False
    assert world.follow().is_applied


def test_a_target_that_refuses_says_so(world: Followed) -> None:
    world.promote()
    world.ports.weights.refuses = "there is no such route"
    with pytest.raises(TrafficRefused, match="no such route"):
        world.follow()


def test_a_write_that_was_accepted_and_ignored_stays_open(world: Followed) -> None:
    world.promote()
    world.ports.weights.ignores = True
    after = world.follow()
    assert after.is_open
    assert after.applied is not None
    assert after.applied.pending == "the traffic is not as asked (pending): the traffic is version 1: 100 %"
    world.ports.weights.ignores = False
    assert world.follow().is_applied


def test_a_write_is_applied_when_it_is_in_force_and_not_before(world: Followed) -> None:
    world.promote()
    world.ports.weights.pending_looks = 2
    assert [world.follow().is_applied for _ in range(3)] == [False, False, True]


def test_whoever_is_overtaken_puts_right_what_it_wrote(world: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
    world.roll_out()
    set_champion = world.ports.registry.set_champion
    world.promote()

    def too_late(model_name: str, version: str) -> None:
        monkeypatch.setattr(world.ports.registry, "set_champion", set_champion)
        world.roll_back("auto-retrain")
        world.follow()
        set_champion(model_name, version)  # what the newer record wanted is overwritten

    monkeypatch.setattr(world.ports.registry, "set_champion", too_late)
    after = world.follow()
    assert after.champion is not None
    assert (after.champion.change, world.alias, world.weights) == ("rolled_back", "1", {"1": 100})
    assert after.is_applied
    assert world.told == []
