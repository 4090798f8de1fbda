"""A champion is watched after its promotion: judged against its predecessor's level, taken back, or final."""

from datetime import timedelta
from typing import Any

import pytest

from auto_retrain.domain.ending import Ending
from auto_retrain.domain.errors import AcknowledgementRefused, EventInvalid, MetricsUnavailable, StoreUnavailable
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.domain.messages.rolling_out import RollbackRequest
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.status import RetrainingStatus
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.usecases.after_promotion.acknowledge import acknowledge
from auto_retrain.usecases.after_promotion.watch_champions import watch_champions
from auto_retrain.usecases.rolling_out.roll_back import roll_back
from tests.unit.announced import announced
from tests.unit.builders import NOON
from tests.unit.usecases.after_promotion.watch_world import DAY, HOUR, WatchWorld, a_job

PERFORMANCE = TriggerType.PERFORMANCE_DEGRADATION


@pytest.fixture
def world() -> WatchWorld:
    return WatchWorld()


def test_a_promotion_is_provisional_until_its_watch_ends_well(world: WatchWorld) -> None:
    assert (world.watch().predecessor, world.watch().until - world.watch().since) == ("1", 7 * DAY)
    world.passes(7 * 24 - 8, every=8)
    assert world.record().final is None
    outcome = world.passes(8, every=8)
    final = world.record().final
    assert outcome.final == 1
    assert world.record().watch is None
    assert final
    assert "not worse" in final.reason
    assert world.messages == []


def test_a_first_champion_is_not_watched(world: WatchWorld) -> None:
    record = world.ports.ledger.serving("newcomer")
    first = record.promoted(ModelVersion(number="1"), a_job("newcomer", "1", NOON), "auto-retrain", "", NOON, 7 * DAY)
    assert first.record.watch is None


def test_nothing_is_written_and_the_level_is_read_once_while_all_is_well(world: WatchWorld) -> None:
    world.passes(26)
    revision, asked = world.record().revision, len(world.metrics.queries)
    world.passes(24)
    assert world.record().revision == revision
    assert len(world.metrics.queries) == asked + 24
    assert world.watch().level


def test_the_metrics_of_all_champions_are_read_together() -> None:
    world = WatchWorld(*(f"gl-{number:03}" for number in range(30)))
    world.passes(25, every=25)
    assert (len(world.metrics.queries), world.metrics.reads) == (60, 2)  # and the levels of all before, once
    world.passes()
    assert (len(world.metrics.queries), world.metrics.reads) == (90, 3)


def test_the_level_is_that_of_the_predecessors_own_time(world: WatchWorld) -> None:
    world.passes(25)
    level = world.metrics.queries[-1] if len(world.metrics.queries) == 2 else world.metrics.queries[1]
    assert (level.start, level.end) == (NOON - 30 * DAY, NOON)


@pytest.mark.parametrize("days", [1, 3, 365])
def test_the_evaluation_window_of_the_trigger_is_not_the_time_of_a_level(world: WatchWorld, days: int) -> None:
    world.apply(triggers={"evaluation_window_days": days})
    world.degrade()
    world.passes(72, every=6)
    level = next(query for query in world.metrics.queries if query.end <= NOON)
    assert (level.start, level.end) == (NOON - 30 * DAY, NOON)
    assert world.champion() == "1"


def test_a_level_is_read_over_no_more_steps_than_a_server_gives(world: WatchWorld) -> None:
    counters = {"correct_total": "right", "labelled_total": "labelled", "step_minutes": 1}
    world.apply(metric={"source": "prometheus", **counters})
    world.passes(25)
    level = next(query for query in world.metrics.queries if query.end <= NOON)
    assert level.end - level.start == 7 * DAY


def test_each_metric_is_asked_for_by_the_version_that_it_is_to_be_of(world: WatchWorld) -> None:
    world.passes(25)
    now = [query.version for query in world.metrics.queries if query.start >= NOON]
    before = [query.version for query in world.metrics.queries if query.end <= NOON]
    assert (set(now), before) == ({"2"}, ["1"])


def test_a_policy_that_names_another_metric_has_the_level_read_anew(world: WatchWorld) -> None:
    """The recall of both versions was 0.6 for months, so nothing got worse; then it falls."""
    world.passes(30, every=6)
    world.apply(metric={"name": "recall", "counts_rows": True})
    world.metrics.accuracy["churn"] = [(NOON - 90 * DAY, 0.6)]
    world.passes(72, every=6)
    level = world.watch().level
    assert world.champion() == "2"
    assert level
    assert level.value == pytest.approx(0.6)
    world.degrade(to=0.4)
    world.passes(48, every=6)
    assert world.champion() == "1"


def test_a_level_of_another_metric_that_was_kept_at_a_rollback_is_of_no_use(world: WatchWorld) -> None:
    world.passes(8 * 24, every=8)
    world.promote(version="3")
    world.degrade(to=0.5)
    world.passes(48, every=6)
    assert (world.champion(), world.record().is_rolled_back("3")) == ("2", True)
    world.apply(metric={"name": "recall", "counts_rows": True})
    world.metrics.accuracy["churn"] = [(NOON - 90 * DAY, 0.6)]
    world.passes(24, every=8)
    world.promote(version="4")
    world.passes(8 * 24, every=8)
    final = world.record().final
    assert world.champion() == "4"
    assert final
    assert "the level of version 2 is unknown" in final.reason


def test_a_level_that_an_earlier_release_kept_is_read_anew(world: WatchWorld) -> None:
    world.passes(25)
    level = world.watch().level
    assert level
    world.ports.ledger.note(world.record().watched_against(level.changed(value=0.99, worst=0.99, read_by=None)))
    world.passes()
    assert world.watch().level == level


def test_a_champion_that_gets_worse_is_taken_back_everywhere(world: WatchWorld) -> None:
    world.passes(48, every=6)
    world.degrade()
    world.passes(48, every=6)
    record = world.record()
    assert (world.champion(), world.ports.registry.champion("churn")) == ("1", "1")
    assert record.is_rolled_back("2")
    assert world.ports.ledger.lines("churn", 1)[0].change == "rolled_back"
    job = world.job()
    assert (job.status, job.ending) == (RetrainingStatus.ROLLED_BACK, Ending.ROLLED_BACK)
    assert "taken back after its promotion" in job.summary()
    rejections = world.ports.states.get("churn").rejections[PERFORMANCE]
    assert [each.job_id for each in rejections.jobs] == ["churn-2"]
    first = [text for text in world.messages if "was taken back" in text]
    assert "whether version 1 would have got worse, too, cannot be known" in first[0]
    assert "auto-retrain acknowledge churn" in first[0]


def test_back_off_grows_with_each_champion_in_a_row_that_fails(world: WatchWorld) -> None:
    for version in ("2", "3"):
        if version == "3":
            world.promote(version="3")
        world.degrade(to=0.7 if version == "2" else 0.4)
        world.passes(72, every=6)
        assert world.record().is_rolled_back(version)
    assert world.record().failures == 2
    assert world.ports.states.get("churn").rejections[PERFORMANCE].count == 2


def test_a_good_end_of_a_watch_forgets_the_failures_before(world: WatchWorld) -> None:
    world.degrade()
    world.passes(72, every=6)
    world.metrics.accuracy["churn"].append((world.now, 0.9))
    world.passes(5 * 24, every=24)
    world.promote(version="3")
    world.passes(8 * 24, every=24)
    assert world.record().failures == 0


def test_a_promotion_that_is_not_watched_is_final_and_forgets_them_as_well(world: WatchWorld) -> None:
    world.degrade()
    world.passes(72, every=6)
    job = a_job("churn", "3", world.now)
    after = world.record().promoted(ModelVersion(number="3"), job, "auto-retrain", "better", world.now).record
    assert (world.record().failures, after.failures) == (1, 0)


def test_too_few_rows_never_take_back(world: WatchWorld) -> None:
    world.metrics.rows = 20
    world.degrade(to=0.3)
    world.passes(7 * 24, every=12)
    final = world.record().final
    assert world.champion() == "2"
    assert final
    assert "labelled rows" in final.reason


def test_a_short_time_of_the_predecessor_is_no_level() -> None:
    world = WatchWorld()
    world.passes(24 * 2, every=24)
    world.promote(version="3")
    world.degrade(to=0.5)
    world.passes(7 * 24, every=12)
    final = world.record().final
    assert world.champion() == "3"
    assert final
    assert "the level of version 2 is unknown" in final.reason


def test_without_watch_days_a_promotion_is_final_at_once(world: WatchWorld) -> None:
    job = a_job("churn", "3", world.now)
    unwatched = world.record().promoted(ModelVersion(number="3"), job, "auto-retrain", "better", world.now).record
    assert unwatched.watch is None
    assert unwatched.final


@pytest.mark.parametrize("error", [MetricsUnavailable("away"), StoreUnavailable("away"), RuntimeError("broken")])
def test_metrics_that_are_away_are_a_problem_and_take_nothing_back(world: WatchWorld, error: Exception) -> None:
    world.degrade()
    world.metrics.error = error
    outcome = world.passes(48, every=6)
    assert world.champion() == "2"
    assert outcome.problems
    world.metrics.error = None
    world.passes()
    assert world.champion() == "1"


def test_a_rollout_holds_the_watch_and_its_end_lets_it_go_on(world: WatchWorld) -> None:
    world.passes(30, every=6)
    world.degrade()
    world.passes(12)
    world.begin_rollout()
    world.passes(36, every=12)
    assert world.champion() == "2"
    world.abort_rollout()
    world.passes(4 * 24, every=12)
    assert world.champion() == "1"


@pytest.mark.parametrize(("weight", "hours"), [(100, 4), (50, 24)], ids=["blue/green", "canary"])
@pytest.mark.parametrize("dated", [-1, 0, 1], ids=["a day early", "at once", "a day late"])
def test_a_bad_challenger_takes_no_healthy_champion_back(
    world: WatchWorld, weight: int, hours: int, dated: int
) -> None:
    """It answers 40 % right; the metric is that of both, and a value of a day may be dated before or after it."""
    world.passes(30, every=6)
    world.begin_rollout(weight=weight)
    began = world.now + dated * DAY / 2
    mixed = 0.9 - 0.5 * weight / 100 * min(hours / 24, 1)
    world.metrics.accuracy["churn"] += [(began - DAY / 2, mixed), (began + hours * HOUR + DAY / 2, 0.9)]
    world.passes(hours, every=4)
    world.abort_rollout()
    world.passes(7 * 24 - 30 - hours, every=2)
    final = world.record().final
    assert world.champion() == "2"
    assert final
    assert "days left out, because others answered requests as well" in final.reason


def test_a_champion_that_gets_worse_after_a_rollout_is_taken_back_all_the_same(world: WatchWorld) -> None:
    world.passes(30, every=6)
    world.begin_rollout()
    world.passes(4)
    world.abort_rollout()
    world.degrade()
    world.passes(4 * 24, every=6)
    assert world.champion() == "1"
    assert "days left out" in world.alert().reason


def test_a_metric_of_each_version_leaves_no_day_out(world: WatchWorld) -> None:
    world.apply(metric={"counts_rows": True, "version_dimension": "Version"})
    world.passes(30, every=6)
    world.begin_rollout()
    world.degrade()
    world.passes(30, every=6)
    world.abort_rollout()
    world.passes()
    assert world.champion() == "1"


def test_days_on_which_somebody_else_had_moved_the_traffic_are_left_out_as_well(world: WatchWorld) -> None:
    world.passes(30, every=6)
    world.ports.registry._champions.pop("churn")
    world.follow(world.record())
    assert world.record().conflict
    world.metrics.accuracy["churn"] += [(world.now - 12 * HOUR, 0.7), (world.now + 12 * HOUR, 0.9)]
    world.passes(12, every=6)
    world.ports.registry.set_champion("churn", "2")
    world.follow(world.record())
    assert world.record().conflict is None
    world.passes(6 * 24, every=3)
    final = world.record().final
    assert world.champion() == "2"
    assert final
    assert "days left out" in final.reason


def test_copies_of_requests_are_no_answers(world: WatchWorld) -> None:
    world.passes(30, every=6)
    world.begin_rollout(weight=0)
    world.passes(6)
    world.abort_rollout()
    assert world.watch().mixed == ()


def test_the_time_of_a_rollout_is_that_of_the_events_that_are_replayed(world: WatchWorld) -> None:
    """A year that is replayed today stays in that year."""
    record = world.record()
    assert record.champion
    past = record.champion.changed(serves_since=record.champion.deployed_at - 365 * DAY)
    world.ports.ledger.note(record.changed(champion=past))
    world.begin_rollout()
    began = world.now
    world.ports.clock.advance(4 * HOUR)
    world.abort_rollout()
    (mixed,) = world.watch().mixed
    assert (mixed.since, mixed.until) == (began - 365 * DAY, world.now - 365 * DAY)


def test_a_watch_with_rollouts_all_the_time_ends_by_itself_and_says_why(world: WatchWorld) -> None:
    world.degrade(to=0.5)
    for _ in range(7):
        world.begin_rollout()
        world.passes(12, every=6)
        world.abort_rollout()
        world.passes(12, every=6)
    final = world.record().final
    assert world.champion() == "2"
    assert final
    assert "days left out, because others answered requests as well: 7" in final.reason


def test_a_person_ends_the_watch_by_a_rollback_and_needs_no_reminder(world: WatchWorld) -> None:
    request = RollbackRequest(model_name="churn", actor="ada", reason="it is wrong")
    roll_back(request, world.ports)
    told = len(world.messages)
    world.passes(24)
    assert world.record().watch is None
    assert world.alert().is_over
    assert world.job().status is RetrainingStatus.ROLLED_BACK
    assert len(world.messages) == told


def test_a_person_who_moves_the_alias_ends_the_watch(world: WatchWorld) -> None:
    world.ports.registry.set_champion("churn", "3")
    world.follow(world.record())
    world.degrade()
    world.passes(48, every=6)
    assert (world.champion(), world.record().watch, world.record().alert) == ("3", None, None)


def test_with_nothing_to_go_back_to_people_are_told_and_it_goes_on_serving(world: WatchWorld) -> None:
    rolled_back = world.record().rolled_back
    bad = world.record().changed(previous=None, rolled_back=(*rolled_back, *_taken_back(world, "1")))
    world.ports.ledger.note(bad)
    world.degrade()
    outcome = [world.passes(6, every=6) for _ in range(8)]
    assert sum(each.failed for each in outcome) == 1
    assert world.champion() == "2"
    assert "failed and was not taken back" in world.messages[0]
    assert "no good version to go back to" in world.messages[0]


def _taken_back(world: WatchWorld, version: str) -> Any:
    from auto_retrain.domain.rollout import RolledBack

    return (RolledBack(version=version, reason="bad", at=world.now),)


def test_every_reminder_is_a_message_of_its_own(world: WatchWorld) -> None:
    world.degrade()
    told = [outcome.told for outcome in (world.passes(2, every=2) for _ in range(100))]
    assert sum(told) == len(world.messages) == 12
    assert len({event.event_id for event in announced(world.ports)}) == 12
    assert "still not acknowledged" in world.messages[-1]


def test_an_acknowledgement_ends_the_reminders_and_says_who_and_when(world: WatchWorld) -> None:
    world.degrade()
    world.passes(72, every=6)
    told = len(world.messages)
    assert told > 1
    alert = acknowledge("churn", "ada", "I look into it", world.ports)
    assert alert.acknowledged
    assert (alert.acknowledged.actor, alert.acknowledged.at) == ("ada", world.now)
    assert acknowledge("churn", "bob", None, world.ports) == alert
    world.passes(24 * 30, every=24)
    assert len(world.messages) == told
    assert not world.record().is_watched


def test_there_is_nothing_to_acknowledge_for_a_healthy_model(world: WatchWorld) -> None:
    with pytest.raises(AcknowledgementRefused, match="no champion of 'churn' has failed"):
        acknowledge("churn", "ada", None, world.ports)
    with pytest.raises(EventInvalid, match="actor"):
        acknowledge("churn", "auto-retrain", None, world.ports)


def test_the_next_promotion_ends_the_reminders(world: WatchWorld) -> None:
    world.degrade()
    world.passes(72, every=6)
    world.metrics.accuracy["churn"].append((world.now, 0.9))
    world.promote(version="3")
    told = len(world.messages)
    world.passes(24)
    assert len(world.messages) == told


def test_five_hundred_champions_that_fail_in_one_hour_are_one_message() -> None:
    names = [f"gl-{number:03}" for number in range(500)]
    world = WatchWorld(*names)
    for name in names:
        world.degrade(name)
    outcomes = [world.passes(24, every=24) for _ in range(2)]
    assert sum(each.taken_back for each in outcomes) == 500
    assert {world.champion(name) for name in names} == {"1"}
    first = world.messages[0]
    assert "500 champions failed in the same hour" in first
    assert "gl-044 version 2 and 455 more" in first
    assert sum(f"{name} version 2" in first for name in names) == 45
    fact = announced(world.ports)[0].fact or {}
    assert [champion["model_name"] for champion in fact["champions"]] == names  # type: ignore[index, union-attr, call-overload]
    assert "probably outside of these versions" in first


def test_a_second_wave_is_told_as_a_continuation() -> None:
    world = WatchWorld("one", "two", "three")
    for name in ("one", "two"):
        world.degrade(name)
    while not world.messages:
        world.passes()
    began = world.now
    world.metrics.accuracy["three"] = [(NOON - 90 * DAY, 0.9), (NOON, 0.7)]
    world.passes()
    second = world.messages[1]
    assert "three version 2 was taken back" in second
    assert f"continues what began at {began:%F %H:%M}" in second


def test_whoever_dies_between_any_two_steps_is_finished_by_the_next_pass(world: WatchWorld) -> None:
    """A crash at each call of the pass that takes back, one after another."""
    for crash in range(24):
        world = WatchWorld()
        world.degrade()
        world.passes(24, every=24)
        with _dying(world, crash):
            world.ports.clock.advance(24 * HOUR)
            watch_champions(ScheduledEvent(), world.ports)
        world.passes(3)
        assert (world.champion(), world.ports.registry.champion("churn")) == ("1", "1")
        assert world.job().status is RetrainingStatus.ROLLED_BACK
        assert world.ports.states.get("churn").rejections[PERFORMANCE].count == 1
        assert sum(line.change == "rolled_back" for line in world.ports.ledger.lines("churn", 20)) == 1
        assert world.alert().told >= 1
        assert any("churn version 2 was taken back" in text for text in world.messages)


class _Died(BaseException):
    """The process is gone: nothing catches it."""


class _Dying:
    """Ports whose process dies before the call of a certain number to one of its stores."""

    def __init__(self, store: Any, count: list[int], methods: tuple[str, ...]) -> None:
        self._store, self._count, self._methods = store, count, methods

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        if name not in self._methods:
            return method

        def call(*arguments: Any, **options: Any) -> Any:
            self._count[0] -= 1
            if self._count[0] < 0:
                raise _Died
            result = method(*arguments, **options)
            self._count[0] -= 1
            if self._count[0] < 0:
                raise _Died
            return result

        return call


def _dying(world: WatchWorld, crash: int) -> Any:
    from contextlib import contextmanager

    calls = {
        "ledger": ("write", "note"),
        "jobs": ("save",),
        "states": ("record_rejection", "record_moved_alias"),
        "registry": ("set_champion",),
        "events": ("publish",),
    }

    @contextmanager
    def dying() -> Any:
        count = [crash]
        real = {name: getattr(world.ports, name) for name in calls}
        for name, methods in calls.items():
            setattr(world.ports, name, _Dying(real[name], count, methods))
        try:
            yield
        except _Died:
            pass
        finally:
            for name, store in real.items():
                setattr(world.ports, name, store)

    return dying()


def test_the_pass_goes_by_the_time_of_its_tick(world: WatchWorld) -> None:
    watch_champions(ScheduledEvent(time=NOON + timedelta(days=8)), world.ports)
    assert world.record().watch is None
