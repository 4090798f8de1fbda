"""Random sequences of looks, decisions of people, alarms, crashes and outages keep what must always hold."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_retrain.domain.analysis import Analysis
from auto_retrain.domain.errors import (
    RegistryUnavailable,
    RollbackRefused,
    RolloutRefused,
    TrafficUnavailable,
)
from auto_retrain.strategies import STRATEGIES, Promote, RollBack, SetWeight
from auto_retrain.usecases.rolling_out.intervene import abort, pause, promote, resume
from tests.unit.usecases.rolling_out.rollout_world import WEIGHTS, RolloutWorld, away

FINDINGS = {
    "healthy": Analysis(),
    "unhealthy": Analysis(unhealthy="twice the errors"),
    "unknown": Analysis(missing="no data"),
    "unproven": Analysis(unproven="too few requests"),
}
OUTAGES = {"registry": RegistryUnavailable, "traffic": TrafficUnavailable}
CRASHES = ("write", "note", "keep_evidence")
ACTIONS = st.one_of(
    st.tuples(st.just("look"), st.sampled_from([1, 7, 61])),
    st.tuples(st.just("judge"), st.sampled_from(sorted(FINDINGS))),
    st.tuples(st.just("person"), st.sampled_from([pause, resume, promote, abort])),
    st.tuples(st.just("roll back"), st.sampled_from([None, "1", "2"])),
    st.tuples(st.just("alarm"), st.none()),
    st.tuples(st.just("begin"), st.none()),
    st.tuples(st.just("deploy"), st.none()),
    st.tuples(st.just("outage"), st.sampled_from([*OUTAGES, None])),
    st.tuples(st.just("crash"), st.sampled_from(CRASHES)),
)


class Crash(BaseException):
    """The function dies here."""


class RandomWorld(RolloutWorld):
    """A world in which the deployment acts like the real one, and in which anything may die."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(monkeypatch)
        self.whole = {name: getattr(self.ports, name) for name in OUTAGES}
        self.next_version = 2
        self.promoted: set[str] = {"1"}
        self.finding = "healthy"

    def act(self, kind: str, with_what: Any) -> None:
        actions: dict[str, Callable[[Any], Any]] = {
            "look": self.watch,
            "judge": self.judge,
            "person": lambda action: action("churn", "ada", "because", self.ports),
            "roll back": self.roll_back,
            "alarm": lambda _: self.alarm(),
            "begin": lambda _: self.begin_next(),
            "deploy": lambda _: self.deploy(),
            "outage": self.break_down,
            "crash": self.crash_in_a_look,
        }
        with suppress(RolloutRefused, RollbackRefused, RegistryUnavailable, TrafficUnavailable):
            actions[kind](with_what)

    def judge(self, finding: str) -> None:
        self.finding = finding
        self.analyses["churn"] = FINDINGS[finding]

    def begin_next(self) -> None:
        if self.record().rollout is None and self.next_version <= 9:
            number, self.next_version = str(self.next_version), self.next_version + 1
            self.registry.register("churn", number)
            self.begin(challenger=number)

    def deploy(self) -> None:
        """Decide again and act, as the deployment does after an execution was woken."""
        rollout = self.record().rollout
        if rollout is None or self.record().conflict:
            return
        evidence = self.ports.ledger.evidence("churn")
        of_rollout = evidence if evidence and evidence.rollout_id == rollout.job_id else None
        wish = rollout.intervention
        action: Any = STRATEGIES["canary"].next_action(rollout, of_rollout, self.now)
        if wish:
            action = Promote(wish.reason) if wish.kind == "promote" else None
        if isinstance(action, SetWeight):
            change = self.record().weighted(action.weight, action.step, "auto-retrain", action.reason, self.now)
            self.follow(self.ports.ledger.write(change))
        elif isinstance(action, Promote):
            assert wish or self.finding == "healthy" or (of_rollout and not of_rollout.analysis.missing)
            self.promoted.add(rollout.challenger.number)
            self.promote(version=rollout.challenger.number)
        elif isinstance(action, RollBack):
            abort("churn", "ada", action.reason, self.ports)

    def break_down(self, which: str | None) -> None:
        for name, whole in self.whole.items():
            setattr(self.ports, name, away(OUTAGES[name]) if name == which else whole)

    def crash_in_a_look(self, call: str) -> None:
        """Die in a look at the first such write."""
        original = getattr(self.ports.ledger, call)

        def die(*_: Any) -> Any:
            raise Crash

        setattr(self.ports.ledger, call, die)
        with suppress(Crash):
            self.watch()
        setattr(self.ports.ledger, call, original)

    def check(self) -> None:
        record = self.record()
        assert record.champion is not None
        assert record.champion.version.number in self.promoted
        assert not record.is_rolled_back(record.champion.version.number)
        if record.rollout:
            assert record.rollout.challenger.number != record.champion.version.number
            assert record.rollout.weight <= WEIGHTS[record.rollout.step]
        for version, weight in self.weights().items():
            assert version in self.promoted or weight <= max(WEIGHTS)
        lines = self.ports.ledger.lines("churn", 1_000)
        assert [line.sequence for line in lines] == list(range(len(lines), 0, -1))

    def settle(self) -> None:
        """Once everything answers again, a few minutes later alias and traffic are what the record says."""
        self.break_down(None)
        self.watch(minutes=12)
        record = self.record()
        assert record.champion is not None
        assert self.alias() == record.champion.version.number
        assert record.desired is not None
        assert self.weights() == record.desired.weights


@settings(max_examples=80, deadline=None)
@given(st.lists(ACTIONS, max_size=20))
def test_exactly_one_proven_champion_serves_whatever_happens(actions: list[tuple[str, Any]]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        world = RandomWorld(monkeypatch)
        world.begin_next()
        for kind, with_what in actions:
            world.act(kind, with_what)
            world.check()
        world.settle()
        world.check()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(["look", "deploy", "pause", "resume"]), max_size=25))
def test_the_unknown_is_never_promoted_nor_given_more_weight(actions: list[str]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        world = RandomWorld(monkeypatch)
        world.judge("unknown")
        world.begin()
        for action in actions:
            if action in ("pause", "resume"):
                world.act("person", {"pause": pause, "resume": resume}[action])
            else:
                world.act(action, 61)
        record = world.record()
        assert record.champion is not None
        assert record.champion.version.number == "1"
        assert world.weights().get("2", 0) <= WEIGHTS[0]
