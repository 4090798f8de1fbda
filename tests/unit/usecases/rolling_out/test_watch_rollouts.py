"""One pass over all rollouts."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from auto_retrain.domain.analysis import Analysis, RolloutEvidence
from auto_retrain.domain.errors import (
    DataUnavailable,
    ExecutionsUnavailable,
    MetricsUnavailable,
    RegistryUnavailable,
    ServingConflict,
    TrafficUnavailable,
)
from auto_retrain.domain.live import LiveCounts
from auto_retrain.domain.policy.policy import PolicyStatus
from auto_retrain.domain.rollout import Intervention, Rollout
from auto_retrain.domain.verdict import Outcome, Verdict
from auto_retrain.strategies import SetWeight
from auto_retrain.usecases.promoting.compare_serving import compare_serving
from auto_retrain.usecases.rolling_out.turns import LOOKS_PER_PASS
from auto_retrain.usecases.rolling_out.watch_rollouts import MAX_COMPARISONS
from tests.unit.announced import announced, escalated
from tests.unit.usecases.rolling_out.rollout_world import MAX_HOLD, MINUTE, Canary, RolloutWorld, away

UNHEALTHY = Analysis(unhealthy="twice the errors")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> RolloutWorld:
    return RolloutWorld(monkeypatch)


def test_without_rollouts_a_pass_asks_nobody_for_counts(world: RolloutWorld) -> None:
    outcome = world.watch()
    assert (outcome.rollouts, outcome.problems, world.ports.live.queries) == (0, (), [])


def test_a_rollout_that_bakes_is_held_with_its_reason(world: RolloutWorld) -> None:
    world.begin()
    outcome = world.watch()
    assert (outcome.rollouts, outcome.held, outcome.problems) == (1, {"churn": "it bakes"}, ())
    assert world.answers("succeed") == []


def test_the_requests_of_the_present_step_are_counted(world: RolloutWorld) -> None:
    world.begin()
    began = world.now
    world.watch()
    (query,) = world.ports.live.queries
    assert (query.champion, query.challenger) == ("1", "2")
    assert (query.start, query.end) == (began, world.now)


@pytest.mark.parametrize("minutes", [60, 61])
def test_the_execution_is_woken_when_there_is_something_to_do_and_decides_itself(
    world: RolloutWorld, minutes: int
) -> None:
    world.begin(token="waiting")
    outcome = world.watch(minutes)
    assert outcome.woken == 1
    assert set(world.answers("succeed")) == {"waiting"}
    assert world.weights() == {"1": 95, "2": 5}  # the watcher itself only takes back


def test_a_whole_day_of_looks_costs_no_transition(world: RolloutWorld) -> None:
    world.begin(token="waiting")
    world.analyses["churn"] = Analysis(missing="no labels yet")
    outcome = world.watch(minutes=1_440)
    assert outcome.held == {"churn": "no labels yet"}
    kinds = Counter(kind for kind, _, _ in world.ports.executions.answers)
    assert set(kinds) == {"heartbeat"}
    assert 1_440 / 10 <= kinds["heartbeat"] <= 1_440 / 5
    assert world.ports.ledger.lines("churn", 10)[0].change == "weight"


def test_what_was_seen_is_kept_with_the_last_sign_of_life(world: RolloutWorld) -> None:
    job = world.begin()
    world.watch()
    evidence = world.ports.ledger.evidence("churn")
    assert (evidence.model_name, evidence.rollout_id) == ("churn", job.job_id)
    assert evidence.kept_alive_at == world.now
    world.watch()
    assert world.ports.ledger.evidence("churn").kept_alive_at == world.now - timedelta(minutes=1)


def test_evidence_of_an_earlier_rollout_is_not_that_of_this_one(
    world: RolloutWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.begin()
    world.watch(3)
    world.roll_back()
    world.begin(challenger="3")
    given: list[RolloutEvidence | None] = []

    def analyse(policy: Any, rollout: Rollout, before: RolloutEvidence | None, *more: Any) -> RolloutEvidence:
        given.append(before)
        return world.analyse(policy, rollout, before, *more)

    monkeypatch.setattr("auto_retrain.usecases.rolling_out.gather_analysis.analyse", analyse)
    world.watch()
    assert given == [None]


def test_an_unhealthy_challenger_is_taken_back_in_the_same_pass_by_the_system(world: RolloutWorld) -> None:
    world.begin(token="waiting")
    world.analyses["churn"] = UNHEALTHY
    assert world.watch().rolled_back == 1
    assert (world.weights(), world.alias()) == ({"1": 100}, "1")
    line = world.ports.ledger.lines("churn", 1)[0]
    assert (line.change, line.actor, line.reason) == ("ended", "auto-retrain", "twice the errors")
    assert world.answers("succeed") == ["waiting"]
    assert world.watch().rollouts == 0


def test_the_page_about_a_rollout_that_was_taken_back_shows_what_ended_it(world: RolloutWorld) -> None:
    job = world.begin()
    world.analyses["churn"] = UNHEALTHY.changed(
        verdicts=(Verdict(check="error_rate", outcome=Outcome.UNMET, reason="9 % errors"),)
    )
    world.watch()
    page = world.page(job)
    assert "churn: rolled back" in page
    assert "twice the errors" in page
    assert "9 % errors" in page


def test_the_evidence_of_a_rollout_is_not_stored_again_once_it_was_taken_back(
    world: RolloutWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.begin()
    world.analyses["churn"] = UNHEALTHY
    was_under_way = []
    monkeypatch.setattr(
        world.ports.ledger, "keep_evidence", lambda _: was_under_way.append(world.record().rollout is not None)
    )
    world.watch()
    assert was_under_way == [True]


def test_a_page_that_cannot_be_made_stops_no_rollback(world: RolloutWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.begin()
    world.analyses["churn"] = UNHEALTHY
    monkeypatch.setattr("auto_retrain.report.render_rollout", None)
    outcome = world.watch()
    assert (outcome.rolled_back, outcome.problems) == (1, ())
    assert world.weights() == {"1": 100}


def test_an_analysis_of_a_rollout_that_was_promoted_meanwhile_takes_back_nothing(
    world: RolloutWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.begin()
    world.analyses["churn"] = UNHEALTHY
    keep = world.ports.ledger.list_open
    listed = keep()
    world.promote()
    monkeypatch.setattr(world.ports.ledger, "list_open", lambda problems: listed)
    assert world.watch().rolled_back == 0
    assert world.record().champion.version.number == "2"  # type: ignore[union-attr]


@pytest.mark.parametrize("error", [MetricsUnavailable("down"), DataUnavailable("down"), ValueError("odd")])
def test_without_any_live_source_everything_holds_and_says_so(world: RolloutWorld, error: Exception) -> None:
    world.begin()
    world.ports.live.error = error
    outcome = world.watch(minutes=120)
    assert (outcome.woken, outcome.rolled_back) == (0, 0)
    assert outcome.held == {"churn": "its requests could not be counted"}
    assert [problem.split(":")[0] for problem in outcome.problems] == ["live counts"]


def test_a_source_that_leaves_out_answers_makes_them_unknown(
    world: RolloutWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.begin()
    monkeypatch.setattr(world.ports.live, "read", lambda queries: [])
    outcome = world.watch(minutes=120)
    assert (outcome.woken, outcome.held) == (0, {"churn": "its requests could not be counted"})
    assert outcome.problems == ("live counts: 0 answers to 1 queries",)


def test_counts_that_cannot_be_trusted_hold_and_are_a_problem(world: RolloutWorld) -> None:
    world.begin()
    world.ports.live.counts = LiveCounts.unknown("another schema")
    outcome = world.watch(minutes=120)
    assert (outcome.woken, outcome.held) == (0, {"churn": "another schema"})
    assert outcome.problems == ("churn: another schema",)


@pytest.mark.parametrize("cause", ["live", "analysis", "policy"])
def test_what_is_never_known_ends_after_the_longest_hold(world: RolloutWorld, cause: str) -> None:
    world.begin()
    if cause == "live":
        world.ports.live.error = MetricsUnavailable("down")
    elif cause == "analysis":
        world.analyses["churn"] = ZeroDivisionError("a fault of ours")
    else:
        world.ports.policies._versions.clear()
    world.watch()
    world.ports.clock.advance(MAX_HOLD - MINUTE)
    assert world.watch().held != {}
    assert world.record().rollout is not None
    world.watch()
    assert world.record().rollout is None
    assert world.record().is_rolled_back("2")


def test_a_removed_policy_does_not_stop_its_rollout(world: RolloutWorld) -> None:
    world.begin()
    world.ports.policies.apply(world.policy_of("churn"), "ada", world.now, status=PolicyStatus.REMOVED)
    assert world.watch(minutes=60).woken == 1


def test_a_strategy_that_fails_holds_and_still_shows_signs_of_life(
    world: RolloutWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.begin()
    monkeypatch.setattr(Canary, "next_action", lambda *_: 1 / 0)
    outcome = world.watch(minutes=20)
    assert outcome.held == {"churn": "its strategy failed, see the log"}
    assert outcome.problems == ("strategy of churn: unexpected ZeroDivisionError, see the log",)
    assert len(world.answers("heartbeat")) >= 2


def test_the_troubles_of_one_model_are_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    world = RolloutWorld(monkeypatch, "bad", "good", "ugly")
    for name in ("bad", "good", "ugly"):
        world.begin(name)
    world.analyses["bad"] = ValueError("odd")
    world.analyses["ugly"] = UNHEALTHY
    monkeypatch.setattr(world.ports.executions, "heartbeat", _failing_for("bad", world.ports.executions.heartbeat))
    outcome = world.watch()
    assert outcome.rolled_back == 1
    assert outcome.held == {"good": "it bakes"}
    assert outcome.problems == (
        "analysis of bad: unexpected ValueError, see the log",
        "bad: ExecutionsUnavailable: it is away",
    )


def _failing_for(name: str, heartbeat: Any) -> Any:
    def fail_for_one(token: str) -> bool:
        if name in token:
            raise ExecutionsUnavailable("it is away")
        return bool(heartbeat(token))

    return fail_for_one


@pytest.mark.parametrize("analysis", [Analysis(), Analysis(missing="no data")])
@pytest.mark.parametrize("paused", [False, True])
def test_a_rollout_whose_execution_has_ended_is_taken_back_within_minutes(
    world: RolloutWorld, monkeypatch: pytest.MonkeyPatch, analysis: Analysis, paused: bool
) -> None:
    from auto_retrain.usecases.rolling_out.intervene import pause

    job = world.begin()
    world.watch(minutes=65)  # when it has something to do, as well
    world.analyses["churn"] = analysis
    if paused:
        pause("churn", "ada", "a holiday", world.ports)
    monkeypatch.setattr(world.ports.executions, "heartbeat", lambda token: False)
    world.ports.executions.ended.add(job.execution_arn)
    world.watch(minutes=10)
    assert world.record().rollout is None
    assert world.weights() == {"1": 100}
    assert world.record().ended.reason == "its execution ended without finishing it"  # type: ignore[union-attr]


def test_an_execution_between_two_waits_keeps_its_rollout(world: RolloutWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.begin()
    monkeypatch.setattr(world.ports.executions, "heartbeat", lambda token: False)
    world.watch(minutes=30)
    assert world.record().rollout is not None


def test_a_rollout_whose_execution_died_before_it_waited_is_taken_back(world: RolloutWorld) -> None:
    job = world.begin()
    world.ports.ledger.note(world.record().awaited_by(None))
    world.ports.executions.ended.add(job.execution_arn)
    assert world.watch().rolled_back == 1


def test_a_bandit_moves_its_weight_without_waking_anybody(world: RolloutWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    job = world.begin()
    world.let_watcher_weigh(lambda: SetWeight(37, 0, "it seems better"))
    outcome = world.watch()
    assert "it seems better" in world.page(job)
    assert (outcome.weighted, outcome.woken) == (1, 0)
    assert (world.rollout().weight, world.weights()) == (37, {"1": 63, "2": 37})
    assert world.answers("succeed") == []
    assert world.watch().weighted == 0  # the same weight again is no change
    assert world.ports.ledger.lines("churn", 10)[0].sequence == 3


def test_a_bandit_gives_way_to_a_person_who_was_faster(world: RolloutWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    from auto_retrain.usecases.rolling_out.intervene import pause

    world.begin()
    listed = world.ports.ledger.list_open()
    pause("churn", "ada", "a holiday", world.ports)
    monkeypatch.setattr(world.ports.ledger, "list_open", lambda problems: listed)
    world.let_watcher_weigh(lambda: SetWeight(37, 0, "it seems better"))
    outcome = world.watch()
    assert (outcome.weighted, outcome.problems, world.rollout().weight) == (0, (), 5)


def test_alias_and_traffic_that_are_behind_are_made_to_follow(world: RolloutWorld) -> None:
    registry, world.ports.registry = world.ports.registry, away(RegistryUnavailable)
    world.promote()
    assert world.alias() == "1"
    assert world.watch(minutes=5).unreconciled == 1
    world.ports.registry = registry
    assert world.watch().reconciled == 1
    assert world.alias() == "2"
    assert world.ports.ledger.list_open() == []


def test_whoever_notices_that_somebody_ended_a_rollout_resumes_its_execution(world: RolloutWorld) -> None:
    """Also the watcher of jobs, which compares what serves as well; nobody else would before the wait dies."""
    job = world.begin(token="waiting")
    world.registry.set_champion("churn", "2")
    assert compare_serving(job, world.ports) == "moved"
    assert world.record().rollout is None
    assert world.answers("succeed") == ["waiting"]
    assert "somebody else let it serve" in world.page(job)


def test_an_alias_that_is_moved_while_nothing_is_under_way_is_noticed_within_the_hour(world: RolloutWorld) -> None:
    world.promote()
    world.watch()
    world.registry.set_champion("churn", "3")
    world.watch(minutes=60)
    record = world.record()
    assert (record.champion.version.number, record.conflict) == ("3", None)
    assert world.ports.ledger.lines("churn", 1)[0].change == "adopted"
    assert [event.topic for event in announced(world.ports)].count("alias_moved") == 1


def test_an_alias_that_is_deleted_while_nothing_is_under_way_is_a_difference_that_people_are_told_of(
    world: RolloutWorld,
) -> None:
    world.promote()
    world.watch()
    world.registry.delete("churn", "2")
    assert world.watch(minutes=62).unreconciled == 1
    assert "names no version instead of version 2" in world.record().conflict


def test_the_aliases_of_all_models_are_asked_for_once_an_hour_and_only_those_that_differ_are_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = RolloutWorld(monkeypatch, *(f"model-{number}" for number in range(20)))
    for number in range(20):
        world.promote(f"model-{number}")
    world.watch()
    world.registry.set_champion("model-7", "3")
    asked = Counter[str]()
    for name in ("champion", "champions"):
        answer = getattr(world.registry, name)
        monkeypatch.setattr(
            world.registry, name, lambda *of, name=name, answer=answer: asked.update([name]) or answer(*of)
        )
    world.watch(minutes=60)
    assert asked["champions"] == 1
    assert asked["champion"] <= 3
    assert world.record("model-7").champion.version.number == "3"


def test_a_registry_that_is_away_is_a_problem_of_the_hour_and_stops_no_rollout(world: RolloutWorld) -> None:
    world.begin(token="waiting")
    world.ports.registry = away(RegistryUnavailable)
    problems = [world.watch().problems for _ in range(60)]
    assert [each for each in problems if "aliases: RegistryUnavailable: it is away" in each] != []
    assert world.answers("succeed") == ["waiting"]


def test_a_registry_that_was_restored_from_a_backup_is_compared_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auto_retrain.usecases.rolling_out.moved_aliases.MAX_MOVED", 2)
    names = [f"model-{number}" for number in range(5)]
    world = RolloutWorld(monkeypatch, *names)
    for name in names:
        world.promote(name)
    world.watch()
    for name in names:
        world.registry.set_champion(name, "1")
    problems = [problem for _ in range(60) for problem in world.watch().problems]
    assert problems == ["the aliases of 5 models were moved; 2 of them are compared in this pass"]
    world.watch(minutes=120)
    assert {world.record(name).champion.version.number for name in names} == {"1"}


def test_what_is_on_its_way_is_not_unreconciled_yet(world: RolloutWorld) -> None:
    world.ports.registry = away(RegistryUnavailable)
    world.promote()
    assert world.watch().unreconciled == 0


def test_traffic_that_cannot_be_reached_is_a_problem_and_unreconciled_after_some_minutes(world: RolloutWorld) -> None:
    world.begin()
    world.ports.traffic = away(TrafficUnavailable)
    world.roll_back()
    outcome = world.watch(minutes=4)
    assert outcome.unreconciled == 1
    assert outcome.problems == ("alias and traffic of churn: TrafficUnavailable: it is away",)
    assert outcome.metrics == {"unreconciled_serving": 1, "rollout_problems": 1}


def test_people_are_told_once_a_day_for_as_long_as_something_differs(world: RolloutWorld) -> None:
    world.begin()
    traffic, world.ports.traffic = world.ports.traffic, away(TrafficUnavailable)
    world.roll_back()
    world.watch(minutes=2 * 1_440 + 30)
    told = escalated(world.ports)
    assert [(event.kind, event.at.day) for event in told] == [("serving_differs", day) for day in (1, 2, 3)]
    assert len({event.event_id for event in told}) == 3
    assert "team@example.com, please put it back" in told[0].sentence
    world.ports.traffic = traffic
    world.watch(minutes=2)
    assert [event.kind for event in announced(world.ports)][-2:] == ["serving_differs", "serving_agrees"]


def test_a_conflict_stops_the_rollout_where_it_is(world: RolloutWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.begin(token="waiting")
    world.analyses["churn"] = UNHEALTHY
    record = world.record()
    world.ports.ledger.note(record.read_back(record.applied, "somebody moved the weights"))
    monkeypatch.setattr("auto_retrain.usecases.rolling_out.reconcile.follow", lambda record, *_: record)
    outcome = world.watch(minutes=70)
    assert (outcome.rolled_back, outcome.woken, outcome.unreconciled) == (0, 0, 1)
    assert outcome.held == {"churn": "somebody moved the weights"}


def test_a_rollout_that_ended_because_somebody_took_over_wakes_its_execution(world: RolloutWorld) -> None:
    job = world.begin(token="waiting")
    world.registry.set_champion("churn", "3")
    world.watch()
    assert world.answers("succeed") == ["waiting"]
    assert "somebody else let it serve" in world.page(job)
    assert world.record().rollout is None


def test_all_rollouts_have_their_turn_to_be_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"m{number}" for number in range(250)]
    world = RolloutWorld(monkeypatch, *names)
    for name in names:
        world.begin(name)
    compared = Counter[str]()

    def follow(record: Any, *_: Any) -> Any:
        compared[record.model_name] += 1
        return record

    monkeypatch.setattr("auto_retrain.usecases.rolling_out.reconcile.follow", follow)
    world.watch(minutes=3)
    assert set(compared) == set(names)
    assert compared.total() == 3 * MAX_COMPARISONS


def test_a_record_that_somebody_else_is_writing_is_no_problem(
    world: RolloutWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.begin()

    def conflicting(*_: Any) -> Any:
        raise ServingConflict("changed")

    monkeypatch.setattr("auto_retrain.usecases.rolling_out.reconcile.follow", conflicting)
    assert world.watch().problems == ()


def test_a_registry_that_hangs_does_not_use_up_the_next_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"m{number}" for number in range(40)]
    world = RolloutWorld(monkeypatch, *names)
    traffic = world.ports.traffic
    world.ports.traffic = away(TrafficUnavailable)
    for name in names:
        world.ports.ledger.note(world.record(name).changed(applied=None))
    world.ports.traffic = traffic
    begun = Counter[str]()

    def hang(record: Any, target: Any, ports: Any) -> Any:
        begun["followed"] += 1
        world.ports.clock.advance(timedelta(seconds=10))
        return record

    monkeypatch.setattr("auto_retrain.usecases.rolling_out.reconcile.follow", hang)
    outcome = world.watch()
    assert begun["followed"] < 40
    assert outcome.problems == ()


def test_of_many_rollouts_each_has_its_turn_within_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"m{number}" for number in range(4 * LOOKS_PER_PASS)]
    world = RolloutWorld(monkeypatch, *names)
    for name in names:
        world.begin(name)
    looked_at = [world.watch().looked_at for _ in range(4)]
    assert sum(looked_at) == len(names)
    assert max(looked_at) < 1.3 * LOOKS_PER_PASS
    assert all(world.ports.ledger.evidence(name) for name in names)


def test_what_a_person_asked_for_waits_for_no_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"m{number}" for number in range(2 * LOOKS_PER_PASS)]
    world = RolloutWorld(monkeypatch, *names)
    for name in names:
        world.begin(name)
    for name in names[:20]:
        wish = Intervention(kind="promote", actor="ada", reason="it is good", at=world.now)
        world.ports.ledger.note(world.record(name).intervened(wish))
    assert world.watch().woken == 20


def test_a_thousand_rollouts_take_as_many_calls_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Apart from signs of life and looks at alias and traffic, which are spread over the minutes."""
    names = [f"m{number}" for number in range(1_000)]
    world = RolloutWorld(monkeypatch, *names)
    for name in names:
        world.begin(name)
    calls = _counted(world, monkeypatch)
    outcome = world.watch()
    assert (outcome.rollouts, outcome.looked_at) == (1_000, calls.pop("executions.heartbeat"))
    outside = [calls.pop(name) for name in list(calls) if name.startswith(("traffic.", "registry."))]
    assert max(outside) <= 2 * MAX_COMPARISONS
    assert calls == {"ledger.list_open": 1, "policies.newest": 1, "live.read": 1, "ledger.keep_evidence": 1}


def test_signs_of_life_of_rollouts_that_began_together_are_spread_over_the_minutes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [f"m{number}" for number in range(100)]
    world = RolloutWorld(monkeypatch, *names)
    for name in names:
        world.begin(name)
    world.watch(minutes=5)
    last = len(world.answers("heartbeat"))
    for _ in range(5):
        world.watch()
        beats = len(world.answers("heartbeat"))
        assert 5 <= beats - last <= 40
        last = beats
    assert last == 2 * len(names)


def _counted(world: RolloutWorld, monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    calls: Counter[str] = Counter()
    for port in ("ledger", "policies", "live", "jobs", "executions", "traffic", "registry", "events", "states"):
        adapter = getattr(world.ports, port)
        original = getattr(adapter, "_counted", adapter)
        monkeypatch.setattr(world.ports, port, _Counting(original, port, calls))
    return calls


class _Counting:
    def __init__(self, adapter: Any, port: str, calls: Counter[str]) -> None:
        self._counted, self._port, self._calls = adapter, port, calls

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._counted, name)
        if not callable(value):
            return value

        def call(*arguments: Any, **named: Any) -> Any:
            self._calls[f"{self._port}.{name}"] += 1
            return value(*arguments, **named)

        return call


def test_an_execution_that_is_woken_finds_the_evidence_that_woke_it(
    world: RolloutWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.begin(token="waiting")
    seen: list[RolloutEvidence | None] = []

    def succeed(task_token: str, output: Any) -> None:
        seen.append(world.ports.ledger.evidence("churn"))

    monkeypatch.setattr(world.ports.executions, "succeed", succeed)
    world.watch(minutes=60)
    (evidence,) = seen
    assert evidence is not None
    assert evidence.looked_at == world.now
