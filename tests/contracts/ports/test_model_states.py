"""What a model remembers between executions."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.adapters.dynamodb.table import epoch, from_epoch
from auto_retrain.domain.errors import StoreUnavailable
from auto_retrain.domain.job import RetrainingStatus
from auto_retrain.domain.model_state import Quarantine
from tests.contracts.ports.aws_world import create_table, lose_answers
from tests.contracts.ports.stores import LEASE, NOW, Stores, a_job, dynamo_stores

DAY = timedelta(days=1)
BROKEN = Quarantine(since=NOW, reason="column 'age' is gone")


def test_what_was_looked_at_is_remembered_per_model(stores: Stores) -> None:
    stores.jobs.record_drift_check("churn", NOW)
    stores.jobs.record_retrain("churn", NOW + LEASE)
    state = stores.jobs.model_state("churn")
    assert (state.last_drift_check_at, state.last_retrained_at) == (NOW, NOW + LEASE)


def test_what_was_remembered_never_moves_back(stores: Stores) -> None:
    later, earlier = NOW + LEASE, NOW
    for moment in (later, earlier):
        stores.jobs.record_drift_check("churn", moment)
        stores.jobs.record_retrain("churn", moment)
    state = stores.jobs.model_state("churn")
    assert (state.last_drift_check_at, state.last_retrained_at) == (later, later)


def test_a_replay_of_an_old_event_keeps_the_newer_moments(stores: Stores) -> None:
    later, earlier = NOW + LEASE, NOW
    for number, moment in enumerate((later, earlier)):
        opened = a_job(number, event_time=moment, status=RetrainingStatus.VALIDATION)
        job = stores.jobs.open_job(opened, NOW + LEASE)
        stores.jobs.close_job(job.moved_to(RetrainingStatus.COMPLETED), retrained=True)
    state = stores.jobs.model_state("churn")
    assert (state.last_attempt_at, state.last_retrained_at, state.active_job) == (later, later, None)


def test_a_state_keeps_everything_that_was_put_into_it(stores: Stores) -> None:
    jobs = stores.jobs
    opened = jobs.open_job(a_job(status=RetrainingStatus.VALIDATION), NOW + LEASE)
    jobs.close_job(opened.moved_to(RetrainingStatus.COMPLETED), retrained=True, rejected_in_a_row=2)
    jobs.record_breach("churn", "drift", date(2026, 3, 1))
    jobs.set_quarantine("churn", BROKEN)
    jobs.record_drift_check("churn", NOW)
    state = jobs.model_state("churn")
    assert (state.attempts, state.last_retrained_at, state.rejected_in_a_row) == ((NOW,), NOW, 2)
    assert (state.drift_breaches, state.performance_breaches) == ((date(2026, 3, 1),), ())
    assert (state.quarantine, state.last_drift_check_at, state.active_job) == (BROKEN, NOW, None)


def test_attempts_are_remembered_for_a_month(stores: Stores) -> None:
    for number, days in enumerate((0, 20, 40)):
        job = stores.jobs.open_job(a_job(number, event_time=NOW + days * DAY), NOW + LEASE)
        stores.jobs.close_job(job.moved_to(RetrainingStatus.FAILED), retrained=False)
    assert stores.jobs.model_state("churn").attempts == (NOW + 20 * DAY, NOW + 40 * DAY)


def test_a_count_that_is_not_given_stays(stores: Stores) -> None:
    for number, rejected in enumerate((3, None)):
        job = stores.jobs.open_job(a_job(number), NOW + LEASE)
        stores.jobs.close_job(job.moved_to(RetrainingStatus.FAILED), retrained=False, rejected_in_a_row=rejected)
    assert stores.jobs.model_state("churn").rejected_in_a_row == 3


def test_breach_days_are_counted_once_and_forgotten_after_a_month(stores: Stores) -> None:
    for day in (date(2026, 1, 1), date(2026, 3, 1), date(2026, 3, 1), date(2026, 3, 2)):
        state = stores.jobs.record_breach("churn", "performance", day)
    assert state.performance_breaches == (date(2026, 3, 1), date(2026, 3, 2))
    assert stores.jobs.model_state("churn") == state


def test_a_breach_of_long_ago_changes_nothing_and_the_kinds_do_not_mix(stores: Stores) -> None:
    stores.jobs.record_breach("churn", "drift", date(2026, 3, 1))
    before = stores.jobs.record_breach("churn", "performance", date(2026, 3, 2))
    assert stores.jobs.record_breach("churn", "performance", date(2026, 1, 1)) == before
    assert (before.drift_breaches, before.performance_breaches) == ((date(2026, 3, 1),), (date(2026, 3, 2),))


def test_breaches_that_are_recorded_at_once_are_all_kept(stores: Stores) -> None:
    breaches = [date(2026, 3, day) for day in range(1, 13)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(partial(stores.jobs.record_breach, "churn", "performance"), breaches))
    assert stores.jobs.model_state("churn").performance_breaches == tuple(breaches)


def test_a_quarantine_keeps_its_first_reason_until_it_is_lifted(stores: Stores) -> None:
    assert stores.jobs.set_quarantine("churn", BROKEN)
    assert not stores.jobs.set_quarantine("churn", Quarantine(since=NOW + DAY, reason="something else"))
    assert stores.jobs.set_quarantine("churn", BROKEN)
    assert stores.jobs.model_state("churn").quarantine == BROKEN
    assert stores.jobs.set_quarantine("churn", None)
    assert not stores.jobs.set_quarantine("churn", None)
    assert stores.jobs.model_state("churn").quarantine is None


def test_lifting_a_quarantine_that_never_was_leaves_nothing(stores: Stores) -> None:
    assert not stores.jobs.set_quarantine("nobody", None)


def test_of_many_that_quarantine_at_once_one_tells(stores: Stores) -> None:
    def attempt(number: int) -> bool:
        return stores.jobs.set_quarantine("churn", Quarantine(since=NOW, reason=f"reason {number}"))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(12))) == 1


def test_a_quarantine_whose_answer_was_lost_was_set_by_us(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_table("jobs")
    lost = lose_answers(client, monkeypatch, "UpdateItem")
    assert dynamo_stores(client).jobs.set_quarantine("churn", BROKEN)
    assert lost


def test_a_lift_whose_answer_was_lost_was_made_by_us(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_table("jobs")
    jobs = dynamo_stores(client).jobs
    jobs.set_quarantine("churn", BROKEN)
    lost = lose_answers(client, monkeypatch, "UpdateItem")
    assert jobs.set_quarantine("churn", None)
    assert lost
    assert not jobs.set_quarantine("churn", None)
    assert jobs.model_state("churn").quarantine is None


def test_of_many_that_lift_a_quarantine_at_once_one_tells(stores: Stores) -> None:
    stores.jobs.set_quarantine("churn", BROKEN)
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(partial(stores.jobs.set_quarantine, quarantine=None), ["churn"] * 12)) == 1


def test_a_breach_whose_answer_was_lost_is_counted_once(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_table("jobs")
    lost = lose_answers(client, monkeypatch, "UpdateItem")
    state = dynamo_stores(client).jobs.record_breach("churn", "drift", date(2026, 3, 1))
    assert lost
    assert state.drift_breaches == (date(2026, 3, 1),)


def test_of_two_openings_that_read_the_same_state_neither_loses_an_attempt(aws: None) -> None:
    client = create_table("jobs")
    first, second = dynamo_stores(client), dynamo_stores(client)
    known = second.jobs.model_state("churn")
    job = first.jobs.open_job(a_job(1), NOW + LEASE)
    first.jobs.close_job(job.moved_to(RetrainingStatus.FAILED), retrained=False)
    read = second.jobs.model_state
    second.jobs.model_state = lambda model_name: known  # type: ignore[method-assign]
    with pytest.raises(StoreUnavailable, match="collided"):
        second.jobs.open_job(a_job(2, event_time=NOW + DAY), NOW + LEASE)
    second.jobs.model_state = read  # type: ignore[method-assign]
    second.jobs.open_job(a_job(2, event_time=NOW + DAY), NOW + LEASE)
    assert second.jobs.model_state("churn").attempts == (NOW, NOW + DAY)


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))
def test_a_time_is_kept_to_the_microsecond(moment: datetime) -> None:
    assert from_epoch(epoch(moment)) == moment
