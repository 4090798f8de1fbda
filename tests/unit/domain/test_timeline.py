"""The timeline of a job has all its moments, in their order, whatever its record has of them."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.ending import Ending
from auto_retrain.domain.job import RetrainingJob
from auto_retrain.domain.timeline import timeline_of
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.domain.windows import windows_at
from tests.unit.builders import NOON

AN_HOUR = timedelta(hours=1)


def a_job(ending: Ending | None = None, **changes: object) -> RetrainingJob:
    job = RetrainingJob(
        job_id="churn-1",
        model_name="churn",
        trigger_type=TriggerType.MANUAL,
        trigger_reason="new labels",
        event_time=NOON,
        execution_arn="arn",
        policy_version=1,
        created_at=NOON,
        windows=windows_at(NOON, evaluation_days=5, training_days=10, label_delay_days=0),
    )
    ended = {"ending": ending, "status": ending.status, "completed_at": NOON + 3 * AN_HOUR} if ending else {}
    return job.changed(**{**ended, **changes})


def titles(job: RetrainingJob) -> list[str]:
    return [moment.title for moment in timeline_of(job, ())]


def test_a_job_that_failed_before_its_first_step_has_a_beginning_and_an_end() -> None:
    job = a_job(Ending.FAILED, error="DataMissing: no rows")
    assert titles(job) == ["Triggered", "Job opened", "Ended: failed"]
    assert timeline_of(job, ())[-1].text == "Retraining churn failed: DataMissing: no rows"


def test_a_promotion_that_was_taken_back_ends_as_a_promotion_first() -> None:
    job = a_job(Ending.ROLLED_BACK, taken_back_at=NOON + 5 * AN_HOUR, error="too many errors")
    assert titles(job)[-2:] == ["Ended: promoted", "Taken back"]
    assert [moment.tone for moment in timeline_of(job, ())][-2:] == ["good", "bad"]


@given(
    st.sampled_from([None, *Ending]),
    st.integers(-48, 48),
    st.none() | st.integers(-48, 48),
    st.none() | st.integers(-48, 48),
)
def test_moments_are_in_the_order_of_time_even_if_clocks_differ(
    ending: Ending | None, event: int, started: int | None, taken_back: int | None
) -> None:
    given_times = {"started_at": started, "taken_back_at": taken_back}
    times = {name: NOON + hours * AN_HOUR for name, hours in given_times.items() if hours is not None}
    moments = timeline_of(a_job(ending, event_time=NOON + event * AN_HOUR, **times), ())
    assert [moment.at for moment in moments] == sorted(moment.at for moment in moments)
    assert len(moments) == 2 + (ending is not None) + len(times)
