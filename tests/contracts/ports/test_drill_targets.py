"""A rollback can be drilled at every kind of traffic target, without moving anything or live, and as often as asked."""

from collections.abc import Iterator
from typing import Any

import pytest

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.drill import Drill
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.rollout import Rollout
from auto_retrain.domain.serving import ServingChange, ServingRecord
from auto_retrain.usecases.drilling.drill import drill_rollback
from auto_retrain.usecases.rolling_out.follow import follow
from tests.contracts.ports.traffic_targets import MODEL, WITH_WEIGHTS, WITHOUT_WEIGHTS
from tests.unit.builders import a_policy

DRY, LIVE = ["record", "files", "alias", "traffic"], ["there", "back"]


class Drilled:
    """Version 17 answers every request at a target, and version 18 did before."""

    def __init__(self, outside: Any) -> None:
        self.outside, self.ports = outside, MemoryPorts()
        self.ports.traffic = outside.traffic
        self.registry = self.ports.registry = getattr(outside, "registry", self.ports.registry)
        for version in ("17", "18", "19"):
            self.registry.register(MODEL, version)
        strategy = "canary" if hasattr(outside, "settle") else "all_at_once"
        deployment = {"strategy": strategy, "traffic": outside.target.model_dump()}
        self.policy = a_policy(deployment=deployment)
        self.ports.policies.apply(self.policy, "ada", self.ports.clock.now())
        for version in ("18", "17"):
            self.registry.set_champion(MODEL, version)
            self.write(self.record.adopted(ModelVersion(number=version), "it served", self.ports.clock.now()))
        self.follow()

    @property
    def record(self) -> ServingRecord:
        return self.ports.ledger.serving(MODEL)

    def write(self, change: ServingChange) -> None:
        self.ports.ledger.write(change)

    def follow(self) -> None:
        """Until it is in force."""
        for _ in range(3):
            follow(self.record, self.outside.target, self.ports)
            self.settle()
        assert (self.record.is_applied, self.record.conflict) == (True, None)

    def roll_out(self) -> None:
        at = self.ports.clock.now()
        rollout = Rollout(
            job_id="churn-1",
            challenger=ModelVersion(number="18"),
            deployment=self.policy.deployment,
            policy_version=1,
            started_at=at,
            weight=5,
            since=at,
        )
        self.write(self.record.rolling_out(rollout, "auto-retrain", "it passed every gate", at))
        self.follow()

    def drill(self, live: bool = False) -> Drill:
        return drill_rollback(MODEL, "ada", live, self.ports, wait=lambda _: self.settle())

    def settle(self) -> None:
        if hasattr(self.outside, "settle"):
            self.outside.settle()

    @property
    def state(self) -> object:
        return self.outside.traffic.read(MODEL, self.outside.target), self.registry.champion(MODEL)


@pytest.fixture(params=[*WITH_WEIGHTS, *WITHOUT_WEIGHTS])
def drilled(request: pytest.FixtureRequest) -> Iterator[Drilled]:
    if request.param in WITHOUT_WEIGHTS:
        yield Drilled(WITHOUT_WEIGHTS[request.param]())
        return
    with WITH_WEIGHTS[request.param]() as target:
        yield Drilled(target)


@pytest.fixture(params=WITH_WEIGHTS)
def weighted(request: pytest.FixtureRequest) -> Iterator[Drilled]:
    with WITH_WEIGHTS[request.param]() as target:
        yield Drilled(target)


def test_a_drill_reads_and_a_live_one_goes_there_and_back_twice(drilled: Drilled) -> None:
    before = drilled.state
    dry = drilled.drill()
    assert ([step.name for step in dry.steps], dry.problem, dry.target) == (DRY, None, "18")
    assert drilled.state == before
    for _ in range(2):
        live = drilled.drill(live=True)
        assert ([step.name for step in live.steps], live.problem) == ([*DRY, *LIVE], None)
        drilled.settle()
        route = drilled.outside.traffic.read(MODEL, drilled.outside.target)
        assert route is None or route.only_version == "17"
        assert (drilled.registry.champion(MODEL), drilled.record.is_open) == ("17", False)
    assert drilled.ports.states.get(MODEL).drill == live


def test_during_a_rollout_a_drill_rehearses_the_way_back_to_the_champion(weighted: Drilled) -> None:
    weighted.roll_out()
    before = weighted.state
    dry = weighted.drill()
    assert (dry.taken_back, dry.target, dry.problem) == ("18", "17", None)
    assert weighted.state == before


def test_a_version_that_cannot_answer_any_more_fails_the_drill_and_a_live_one_does_not_begin(
    weighted: Drilled,
) -> None:
    weighted.outside.lose_version()
    for live in (False, True):
        drill = weighted.drill(live)
        assert [step.name for step in drill.steps] == DRY
        assert drill.problem is not None
        assert drill.problem.startswith("traffic: ")


def test_a_target_that_is_away_fails_the_drill(weighted: Drilled) -> None:
    weighted.outside.vanish()
    problem = weighted.drill().problem
    assert problem is not None
    assert problem.startswith("traffic: TrafficUnavailable")
