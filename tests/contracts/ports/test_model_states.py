"""What a model remembers between executions."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.adapters.dynamodb.table import epoch, from_epoch
from auto_retrain.domain.drill import Drill, DrillStep
from auto_retrain.domain.errors import StoreUnavailable
from auto_retrain.domain.model_state import BudgetNotice, LastJob, LastRequest, Quarantine, RejectedJob, Rejections
from auto_retrain.domain.status import RetrainingStatus
from auto_retrain.domain.trigger_type import TriggerType
from tests.contracts.ports.aws_world import create_table, lose_answers
from tests.contracts.ports.stores import LEASE, NOW, Stores, a_job, completed, dynamo_stores, failed, rejected

DAY = timedelta(days=1)
DRIFT, PERFORMANCE = TriggerType.DATA_DRIFT, TriggerType.PERFORMANCE_DEGRADATION
BROKEN = Quarantine(since=NOW, reason="column 'age' is gone")


def test_a_state_keeps_the_times_of_the_last_drift_check_and_retraining(stores: Stores) -> None:
    stores.states.record_drift_check("churn", NOW)
    stores.states.record_retrain("churn", NOW + LEASE)
    state = stores.states.get("churn")
    assert (state.last_drift_check_at, state.last_retrained_at) == (NOW, NOW + LEASE)


def test_stored_times_never_move_back(stores: Stores) -> None:
    later, earlier = NOW + LEASE, NOW
    for moment in (later, earlier):
        stores.states.record_drift_check("churn", moment)
        stores.states.record_retrain("churn", moment)
    state = stores.states.get("churn")
    assert (state.last_drift_check_at, state.last_retrained_at) == (later, later)


def test_a_replay_of_an_old_event_keeps_the_newer_times(stores: Stores) -> None:
    later, earlier = NOW + LEASE, NOW
    for number, moment in enumerate((later, earlier)):
        opened = a_job(number, event_time=moment, status=RetrainingStatus.VALIDATION)
        job = stores.jobs.open_job(opened, NOW + LEASE)
        stores.jobs.close_job(completed(job), retrained=True)
    state = stores.states.get("churn")
    assert (state.last_attempt_at, state.last_retrained_at, state.active_job) == (later, later, None)


def test_the_last_drill_replaces_the_one_before(stores: Stores) -> None:
    step = DrillStep(name="files", seconds=0.25, problem="they are gone")
    for drill in (
        Drill(taken_back="2", target="1", live=True, actor="ada", at=NOW, steps=()),
        Drill(taken_back="3", target="2", live=False, actor="bob", at=NOW + DAY, steps=(step,)),
    ):
        stores.states.record_drill("churn", drill)
        assert stores.states.get("churn").drill == drill


def test_a_state_names_the_last_job_and_how_it_ended_and_the_last_request(stores: Stores) -> None:
    opened = stores.jobs.open_job(a_job(status=RetrainingStatus.VALIDATION), NOW + LEASE)
    assert stores.states.get("churn").last_job == LastJob(job_id="churn-1", created_at=opened.created_at)
    stores.jobs.close_job(completed(opened), retrained=False)
    last = stores.states.get("churn").last_job
    assert last is not None
    assert (last.job_id, last.ending) == ("churn-1", completed(opened).ending)
    request = LastRequest(key="k", at=NOW, held_by="cool_down")
    stores.states.record_request("churn", request)
    assert stores.states.get("churn").last_request == request


def test_a_state_says_what_people_were_last_told_of_its_budget(stores: Stores) -> None:
    assert stores.states.get("churn").budget_notice is None
    for notice in (BudgetNotice(month="2026-03"), BudgetNotice(month="2026-03", is_over=True)):
        stores.states.record_budget_notice("churn", notice)
        assert stores.states.get("churn").budget_notice == notice


def test_a_state_keeps_everything_that_was_stored(stores: Stores) -> None:
    jobs, states = stores.jobs, stores.states
    opened = jobs.open_job(a_job(status=RetrainingStatus.VALIDATION), NOW + LEASE)
    jobs.close_job(completed(opened), retrained=True, rejections=rejected(2))
    states.record_breach("churn", DRIFT, date(2026, 3, 1))
    states.set_quarantine("churn", BROKEN)
    states.record_drift_check("churn", NOW)
    state = states.get("churn")
    assert (state.attempts, state.last_retrained_at, state.rejected_in_a_row) == ((NOW,), NOW, 2)
    assert (state.breach_days(DRIFT), state.breach_days(PERFORMANCE)) == ((date(2026, 3, 1),), ())
    assert (state.quarantine, state.last_drift_check_at, state.active_job) == (BROKEN, NOW, None)


def test_attempts_are_kept_for_a_month(stores: Stores) -> None:
    for number, days in enumerate((0, 20, 40)):
        job = stores.jobs.open_job(a_job(number, event_time=NOW + days * DAY), NOW + LEASE)
        stores.jobs.close_job(failed(job), retrained=False)
    assert stores.states.get("churn").attempts == (NOW + 20 * DAY, NOW + 40 * DAY)


def test_a_count_that_is_not_given_stays_unchanged(stores: Stores) -> None:
    for number, rejections in enumerate((rejected(3), None)):
        job = stores.jobs.open_job(a_job(number), NOW + LEASE)
        stores.jobs.close_job(failed(job), retrained=False, rejections=rejections)
    assert stores.states.get("churn").rejections == rejected(3)


def test_rejections_are_kept_by_trigger_and_forgotten_together(stores: Stores) -> None:
    first = RejectedJob(job_id="churn-1", at=NOW)
    for number, rejections in enumerate(({**rejected(2), DRIFT: Rejections(count=1, jobs=(first,))}, {})):
        job = stores.jobs.open_job(a_job(number), NOW + LEASE)
        stores.jobs.close_job(failed(job), retrained=False, rejections=rejections)
        assert stores.states.get("churn").rejections == rejections


def test_breach_days_are_counted_once_and_dropped_after_a_month(stores: Stores) -> None:
    for day in (date(2026, 1, 1), date(2026, 3, 1), date(2026, 3, 1), date(2026, 3, 2)):
        state = stores.states.record_breach("churn", PERFORMANCE, day)
    assert state.breach_days(PERFORMANCE) == (date(2026, 3, 1), date(2026, 3, 2))
    assert stores.states.get("churn") == state


def test_an_old_breach_changes_nothing_and_triggers_are_counted_separately(stores: Stores) -> None:
    stores.states.record_breach("churn", DRIFT, date(2026, 3, 1))
    before = stores.states.record_breach("churn", PERFORMANCE, date(2026, 3, 2))
    assert stores.states.record_breach("churn", PERFORMANCE, date(2026, 1, 1)) == before
    assert (before.breach_days(DRIFT), before.breach_days(PERFORMANCE)) == ((date(2026, 3, 1),), (date(2026, 3, 2),))


def test_breaches_that_are_recorded_at_the_same_time_are_all_kept(stores: Stores) -> None:
    breaches = [date(2026, 3, day) for day in range(1, 13)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(partial(stores.states.record_breach, "churn", PERFORMANCE), breaches))
    assert stores.states.get("churn").breach_days(PERFORMANCE) == tuple(breaches)


def test_a_quarantine_keeps_its_first_reason_until_it_is_lifted(stores: Stores) -> None:
    assert stores.states.set_quarantine("churn", BROKEN)
    assert not stores.states.set_quarantine("churn", Quarantine(since=NOW + DAY, reason="something else"))
    assert stores.states.set_quarantine("churn", BROKEN)
    assert stores.states.get("churn").quarantine == BROKEN
    assert stores.states.set_quarantine("churn", None)
    assert not stores.states.set_quarantine("churn", None)
    assert stores.states.get("churn").quarantine is None


def test_lifting_a_quarantine_of_an_unknown_model_changes_nothing(stores: Stores) -> None:
    assert not stores.states.set_quarantine("nobody", None)


def test_of_many_calls_that_set_a_quarantine_at_once_one_reports_the_change(stores: Stores) -> None:
    def attempt(number: int) -> bool:
        return stores.states.set_quarantine("churn", Quarantine(since=NOW, reason=f"reason {number}"))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(12))) == 1


def test_setting_a_quarantine_is_reported_as_a_change_even_if_the_answer_is_lost(
    aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = create_table("jobs")
    lost = lose_answers(client, monkeypatch, "UpdateItem")
    assert dynamo_stores(client).states.set_quarantine("churn", BROKEN)
    assert lost


def test_lifting_a_quarantine_is_reported_as_a_change_even_if_the_answer_is_lost(
    aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = create_table("jobs")
    states = dynamo_stores(client).states
    states.set_quarantine("churn", BROKEN)
    lost = lose_answers(client, monkeypatch, "UpdateItem")
    assert states.set_quarantine("churn", None)
    assert lost
    assert not states.set_quarantine("churn", None)
    assert states.get("churn").quarantine is None


def test_of_many_calls_that_lift_a_quarantine_at_once_one_reports_the_change(stores: Stores) -> None:
    stores.states.set_quarantine("churn", BROKEN)
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(partial(stores.states.set_quarantine, quarantine=None), ["churn"] * 12)) == 1


def test_a_breach_is_counted_once_even_if_the_answer_is_lost(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_table("jobs")
    lost = lose_answers(client, monkeypatch, "UpdateItem")
    state = dynamo_stores(client).states.record_breach("churn", DRIFT, date(2026, 3, 1))
    assert lost
    assert state.breach_days(DRIFT) == (date(2026, 3, 1),)


def test_no_attempt_is_lost_when_two_openings_read_the_same_state(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_table("jobs")
    first, second = dynamo_stores(client), dynamo_stores(client)
    outdated = second.states.get("churn")
    job = first.jobs.open_job(a_job(1), NOW + LEASE)
    first.jobs.close_job(failed(job), retrained=False)
    with monkeypatch.context() as earlier:
        earlier.setattr("auto_retrain.adapters.dynamodb.states.DynamoModelStates.get", lambda *_: outdated)
        with pytest.raises(StoreUnavailable, match="collided"):
            second.jobs.open_job(a_job(2, event_time=NOW + DAY), NOW + LEASE)
    second.jobs.open_job(a_job(2, event_time=NOW + DAY), NOW + LEASE)
    assert second.states.get("churn").attempts == (NOW, NOW + DAY)


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))
def test_a_time_is_stored_to_the_microsecond(moment: datetime) -> None:
    assert from_epoch(epoch(moment)) == moment


def test_the_difference_that_people_were_notified_of_is_kept_until_there_is_none(stores: Stores) -> None:
    assert stores.states.get("churn").moved_alias is None
    for difference in ("churn-alias-moved-1-2", "churn-alias-moved-1-3", "churn-alias-moved-1-3", None, None):
        stores.states.record_moved_alias("churn", difference)
        assert stores.states.get("churn").moved_alias == difference


def test_a_champion_that_failed_lets_its_trigger_back_off_once(stores: Stores) -> None:
    trigger, other = TriggerType.PERFORMANCE_DEGRADATION, TriggerType.DATA_DRIFT
    for _ in range(2):
        stores.states.record_rejection("churn", trigger, RejectedJob(job_id="churn-1", at=NOW), 1)
    assert stores.states.get("churn").rejections[trigger].count == 1
    stores.states.record_rejection("churn", trigger, RejectedJob(job_id="churn-2", at=NOW), 4)
    stores.states.record_rejection("churn", other, RejectedJob(job_id="churn-3", at=NOW), 1)
    rejections = stores.states.get("churn").rejections
    assert (rejections[trigger].count, rejections[other].count) == (4, 1)
    assert [job.job_id for job in rejections[trigger].jobs] == ["churn-1", "churn-2"]
