"""The fleet page knows how each model is from what is stored, and asks few questions for it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.ending import Ending
from auto_retrain.domain.fleet_overview import Health
from auto_retrain.domain.model_state import LastJob, ModelState, Quarantine, Rejections, Serving
from auto_retrain.domain.policy.policy import AppliedPolicy, PolicyStatus
from auto_retrain.domain.serving import ServingRecord
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.domain.watch import Alert
from auto_retrain.usecases.operating.policies import pause_model
from auto_retrain.usecases.reporting.fleet_page import fleet_page, overview
from auto_retrain.usecases.reporting.fleet_rows import Member, concerns_about, health_of, row_of
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.interruptions import OutsideCalls
from tests.unit.usecases.rollout_stages import at_first_weight
from tests.unit.usecases.world import World, rows

A_DAY = timedelta(days=1)
CHECKED = ModelState(model_name="churn", last_drift_check_at=NOON - A_DAY, last_retrained_at=NOON - 9 * A_DAY)
ALERT = Alert(version="3", job_id=None, reason="too many errors", at=NOON, settled=True)
FAILED = ServingRecord(model_name="churn", alert=ALERT)
KNOWN = FAILED.changed(alert=ALERT.acknowledged_by("ada", None, NOON))


def a_member(state: ModelState = CHECKED, serving: ServingRecord | None = None, **applied: object) -> Member:
    policy = AppliedPolicy(policy=a_policy(), version=1, applied_at=NOON - 60 * A_DAY, applied_by="ada")
    return Member(policy.changed(**applied), state, serving, None)


def commands(member: Member) -> list[str]:
    return [ranked.concern.command for ranked in concerns_about(member, NOON)]


def with_breach(days_ago: int) -> ModelState:
    day = (NOON - days_ago * A_DAY).date()
    return CHECKED.changed(breaches={TriggerType.DATA_DRIFT: (day,)})


@pytest.mark.parametrize(
    ("member", "health"),
    [
        (a_member(), Health.HEALTHY),
        (a_member(ModelState(model_name="churn")), Health.UNKNOWN),
        (a_member(CHECKED.changed(last_drift_check_at=NOON - 3 * A_DAY)), Health.UNKNOWN),
        (a_member(with_breach(2)), Health.DEGRADING),
        (a_member(with_breach(20)), Health.HEALTHY),
        (a_member(CHECKED.changed(quarantine=Quarantine(since=NOON, reason="no rows"))), Health.DEGRADING),
        (a_member(serving=FAILED), Health.DEGRADING),
        (a_member(serving=KNOWN), Health.HEALTHY),
    ],
    ids=["checked", "never", "long ago", "breach", "old breach", "quarantine", "failed", "acknowledged"],
)
def test_a_model_is_healthy_only_with_recent_evidence(member: Member, health: Health) -> None:
    assert health_of(member, NOON)[0] is health


@pytest.mark.parametrize(
    ("member", "command"),
    [
        (a_member(serving=FAILED), "acknowledge churn --reason TEXT"),
        (
            a_member(CHECKED.changed(quarantine=Quarantine(since=NOON, reason="no rows"))),
            "models lift-quarantine churn --reason TEXT",
        ),
        (a_member(CHECKED.changed(rejections={TriggerType.SCHEDULED: Rejections(count=3)})), "jobs churn"),
        (a_member(status=PolicyStatus.PAUSED, note="holidays"), "models resume churn"),
        (a_member(ModelState(model_name="churn")), "why-not churn"),
        (
            a_member(serving=ServingRecord(model_name="churn", conflict="somebody moved the alias")),
            "rollout churn",
        ),
    ],
    ids=["failed", "quarantine", "in vain", "paused", "forgotten", "conflict"],
)
def test_what_needs_a_person_comes_with_a_command(member: Member, command: str) -> None:
    assert commands(member) == [f"auto-retrain {command}"]


@pytest.mark.parametrize(
    "member", [a_member(), a_member(serving=KNOWN), a_member(ModelState(model_name="churn"), applied_at=NOON)]
)
def test_what_is_fine_known_or_new_needs_nobody(member: Member) -> None:
    assert commands(member) == []


def test_a_model_that_was_never_retrained_is_due_at_once() -> None:
    assert row_of(a_member(ModelState(model_name="churn"), applied_at=NOON), NOON).next_due == NOON


@pytest.mark.parametrize("retrained_days_ago", [None, 30])
def test_a_run_that_failed_is_due_again_as_soon_as_nothing_holds_it(retrained_days_ago: int | None) -> None:
    before = None if retrained_days_ago is None else NOON - retrained_days_ago * A_DAY
    tried = NOON - timedelta(hours=3)
    state = ModelState(model_name="churn", last_retrained_at=before, attempts=(tried,))
    cool_down = timedelta(hours=a_policy().triggers.cool_down_hours)
    assert row_of(a_member(state), NOON).next_due == tried + cool_down


@given(st.integers(0, 400), st.booleans())
def test_no_model_is_healthy_that_was_not_looked_at_within_two_days(hours: int, paused: bool) -> None:
    state = CHECKED.changed(last_drift_check_at=NOON - timedelta(hours=hours))
    status = PolicyStatus.PAUSED if paused else PolicyStatus.ACTIVE
    row = row_of(a_member(state, status=status), NOON)
    assert (row.health is Health.HEALTHY) == (hours <= 48)
    assert (row.next_due is None) == paused


def test_a_review_that_is_waited_for_is_shown_with_its_job() -> None:
    world = World(a_policy(triggers={"evaluation_window_days": 5, "training_window_days": 10}))
    job_id = world.scored_job(rows(500, 0.95), rows(500, 0.88))
    from auto_retrain.domain.job import PendingReview

    world.validate(job_id)
    waiting = world.job(job_id).awaiting_review(PendingReview(task_token="token", since=NOON))
    world.ports.jobs.save(waiting)
    (concern,) = overview(world.ports).concerns
    assert concern.command == f"auto-retrain approve {job_id}"
    assert "version 2 waits for a review until 2026-03-03 12:00 UTC" in concern.reason


def test_a_rollout_is_shown_with_its_weight() -> None:
    world, job_id = at_first_weight()
    (row,) = overview(world.ports).rows
    assert (row.health, row.decision, row.champion) == (Health.IN_ROLLOUT, job_id, "1")
    assert "version 2 answers 5 % of the requests" in row.why


def test_a_pause_of_a_rollout_that_lasts_needs_a_person() -> None:
    from auto_retrain.usecases.rolling_out.intervene import pause

    world, _ = at_first_weight()
    pause("churn", "ada", "let me think", world.ports)
    assert overview(world.ports).concerns == []
    world.ports.clock.advance(2 * A_DAY)
    (concern,) = overview(world.ports).concerns
    assert concern.command == "auto-retrain rollout churn resume --reason TEXT"
    assert "by ada: let me think" in concern.reason


def a_large_world(models: int) -> World:
    world = World()
    for number in range(models):
        world.ports.policies.apply(a_policy(model=f"churn-{number}"), "ada", NOON)
    return world


@pytest.mark.parametrize("models", [1, 50])
def test_the_number_of_calls_does_not_grow_with_the_fleet(models: int) -> None:
    world = a_large_world(models)
    calls = OutsideCalls(world.ports)
    calls.run(lambda: fleet_page(world.ports))
    assert sorted(calls.made) == [
        "jobs.list_active",
        "jobs.list_since",
        "ledger.list_open",
        "ledger.list_watched",
        "policies.fleet",
    ]


def test_the_last_job_is_known_however_many_jobs_others_had_since() -> None:
    serving = Serving(version="2", since=NOON)
    last = LastJob(job_id="churn-1", created_at=NOON - 90 * A_DAY, ending=Ending.PROMOTED, promoted="2")
    row = row_of(a_member(CHECKED.changed(last_job=last, deployed=serving)), NOON)
    assert (row.decision, row.page, row.outcome) == ("churn-1", "jobs/churn-1/job.html", "promoted")
    row = row_of(a_member(CHECKED.changed(last_job=last, deployed=serving.changed(version="1"))), NOON)
    assert row.outcome == "promoted, serves no longer"
    row = row_of(a_member(CHECKED.changed(last_job=last.changed(ending=None))), NOON)
    assert (row.page, row.outcome) == (None, "under way")


def test_a_paused_model_says_why() -> None:
    world = World()
    pause_model("churn", "holidays", "ada", world.ports)
    (row,) = overview(world.ports).rows
    assert row.notes == ("paused: holidays",)
    assert row.next_due is None


def after_a_job_that_failed(error: str) -> World:
    world = World()
    world.open()
    name, _, cause = error.partition(": ")
    world.close(error={"Error": name, "Cause": cause})
    return world


@pytest.mark.parametrize("name", ["DataInvalid", "DataMissing", "DataChanged"])
def test_a_job_that_failed_on_its_data_makes_the_model_degrading_and_needs_a_person(name: str) -> None:
    world = after_a_job_that_failed(f"{name}: the column 'age' is empty")
    page = overview(world.ports)
    ((row,), (concern,)) = page.rows, page.concerns
    assert (row.health, row.why) == (Health.DEGRADING, f"broken data: {name}: the column 'age' is empty")
    assert concern.reason == f"its last job {row.decision} failed: {name}: the column 'age' is empty"
    assert concern.command == f"auto-retrain explain {row.decision}"


def test_a_training_that_failed_needs_a_person_but_says_nothing_of_the_data() -> None:
    world = after_a_job_that_failed("TrainingFailed: the container exited with 1")
    page = overview(world.ports)
    ((row,), (concern,)) = page.rows, page.concerns
    assert row.health is Health.UNKNOWN
    assert concern.reason.endswith("failed: TrainingFailed: the container exited with 1")


def test_data_that_were_found_sound_since_are_not_called_broken() -> None:
    world = after_a_job_that_failed("DataInvalid: no rows")
    job = world.job(overview(world.ports).rows[0].decision or "")
    checked = CHECKED.changed(last_drift_check_at=NOON + timedelta(hours=1))
    member = a_member(checked)._replace(job=job)
    assert health_of(member, NOON + timedelta(hours=2))[0] is Health.HEALTHY


def test_a_failure_needs_nobody_once_a_later_job_has_begun() -> None:
    last = LastJob(job_id="churn-1", created_at=NOON, ending=Ending.FAILED)
    assert commands(a_member(CHECKED.changed(last_job=last))) == ["auto-retrain explain churn-1"]
    assert commands(a_member(CHECKED.changed(last_job=last.changed(job_id="churn-2", ending=None)))) == []
