"""Over months: a forecast saves trainings that are hopeless, and never holds back a model that needs one for long."""

import io
from collections.abc import Mapping
from datetime import timedelta
from itertools import groupby
from typing import Any

import numpy as np

from auto_retrain.domain.ending import Ending
from auto_retrain.domain.job import RetrainingJob
from auto_retrain.domain.messages.ending import ClosingRequest
from auto_retrain.domain.messages.references import JobReference
from auto_retrain.domain.metric_reading import MetricReading
from auto_retrain.usecases.data.check_data import check_data
from auto_retrain.usecases.ending.close_job import close_job
from tests.unit.announced import escalated
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.world import World, a_data_check, predictions

# Looks are further apart than any cool-down, so that only forecasts hold a model back.
TRIGGERS = {"evaluation_window_days": 5, "training_window_days": 7, "cool_down_hours": 0, "max_back_off_days": 0}
ROWS = 1000


class Days(dict[str, Mapping[str, Any]]):
    """The rows of any day, made when they are read."""

    def __missing__(self, uri: str) -> Mapping[str, Any]:
        n = ROWS // 5
        return {
            "id": [f"{uri}-{number}" for number in range(n)],
            "left": [str(number % 2) for number in range(n)],
            "price": np.arange(float(n)),
            "age": np.random.default_rng(len(uri)).normal(40, 10, n),
            "plan": np.array(["basic", "full"] * (n // 2), dtype=object),
        }


class Life(World):
    """A model that is looked at now and then; a challenger's answers are drawn when it has been trained."""

    def __init__(self, **policy: Any) -> None:
        triggers = TRIGGERS | policy.pop("triggers", {})
        super().__init__(a_policy(triggers=triggers, **policy))
        for day in range(700):
            self.ports.data.add_partition("churn", NOON.date() + timedelta(days=day), f"day {day} later".encode())
        self.ports.tables.by_uri = Days()
        self.random = np.random.default_rng(15)
        self.jobs: list[RetrainingJob] = []

    def look(self, days: int, production: float, challenger: float, champion: float | None = None) -> Ending | None:
        """Look again, days later, at a metric in production; how a job ended, None if no trigger was met.

        Versions are as good as given on the holdout, where the champion is as it is in production by default.
        """
        clock = self.ports.clock
        clock.advance(timedelta(days=days))
        rows = ROWS if self.policy.metric.counts_rows else None
        reading = MetricReading(value=production, rows=rows, points=30, newest_at=clock.now())
        self.ports.metrics.readings["churn"] = reading
        execution = f"arn:{clock.now()}"
        event = {"model_name": "churn", "trigger_type": "scheduled", "event_time": clock.now().isoformat()}
        job_id = self.check(event, execution).job_id
        if job_id is None:
            return None
        if check_data(JobReference(job_id=job_id), self.ports).next == "train":
            self._train(job_id, champion or production, challenger)
        close_job(ClosingRequest(execution_arn=execution, state={"decision": {"job_id": job_id}}), self.ports)
        self.jobs.append(self.job(job_id))
        return self.jobs[-1].ending

    def fail(self, days: int) -> None:
        """Ask again, days later, and run out of memory."""
        self.ports.clock.advance(timedelta(days=days))
        execution, asked = f"arn:{self.ports.clock.now()}", {"actor": "ada", "reason": "again", "force": True}
        job_id = self.check({"model_name": "churn", **asked}, execution).job_id
        error = {"Error": "TrainingFailed", "Cause": "out of memory"}
        closing = ClosingRequest(execution_arn=execution, state={"decision": {"job_id": job_id}, "error": error})
        close_job(closing, self.ports)

    def _train(self, job_id: str, champion: float, challenger: float) -> None:
        version = str(len(self.jobs) + 1)
        self.start(job_id, "train")
        self.train(job_id, version)
        self.start(job_id, "score")
        serving = self.job(job_id).champion_version
        draw = self._classes if self.policy.data.task == "classification" else self._numbers
        answers = dict(zip((f"v{version}", f"v{serving}"), draw(challenger, champion), strict=True))
        if serving is None:
            answers.popitem()
        check = self.job(job_id).data_check
        assert check is not None
        frozen = check.changed(holdout=a_data_check(answers[f"v{version}"]).holdout)
        self.ports.jobs.save(self.job(job_id).checked(frozen))
        self.leave_scores(job_id, **answers)
        if self.validate(job_id).next == "deploy":
            self.deploy(job_id)

    def _classes(self, challenger: float, champion: float) -> list[bytes]:
        """Both are wrong on the same rows, the worse one on more, and each on 2 % of its own."""
        hard = self.random.permutation(ROWS) / ROWS
        own = [self.random.random(ROWS) < 0.02 for _ in range(2)]
        return [
            predictions((hard > 1 - share) ^ mistaken)
            for share, mistaken in zip((challenger, champion), own, strict=True)
        ]

    def _numbers(self, challenger: float, champion: float) -> list[bytes]:
        """Errors of which the two versions share most."""
        labels, shared, *own = self.random.normal(size=(4, ROWS))
        return [
            numbers(labels * 60, labels * 60 + error * (0.9 * shared + 0.44 * apart))
            for error, apart in zip((challenger, champion), own, strict=True)
        ]

    @property
    def endings(self) -> list[Ending | None]:
        return [job.ending for job in self.jobs]

    @property
    def max_skips_in_a_row(self) -> int:
        return max((len(list(run)) for ending, run in groupby(self.endings) if ending is Ending.SKIPPED), default=0)

    @property
    def escalations(self) -> list[str]:
        return [event.sentence for event in escalated(self.ports)]


def numbers(labels: np.ndarray, answers: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, row_ids=np.array([f"row-{n}" for n in range(ROWS)]), labels=labels, predictions=answers)
    return file.getvalue()


REGRESSION: dict[str, Any] = {
    "data": {"prefix": "churn", "row_id": "id", "label": "price", "task": "regression", "numeric": ["age"]},
    "metric": {"name": "rmse"},
    "triggers": {
        "enabled": ["performance_degradation"],
        "performance_metric_scale": "number",
        "performance_metric_direction": "lower_is_better",
        "performance_metric_threshold": 12.0,
    },
}


def test_a_regression_whose_error_grows_after_one_big_step_is_retrained() -> None:
    life = Life(**REGRESSION)
    life.look(0, production=30.0, challenger=30.0)
    assert life.look(30, production=30.0, challenger=10.0) is Ending.PROMOTED
    error = 10.0
    for _ in range(19):
        error *= 1.06
        ending = life.look(30, production=error, challenger=10.0)
        error = 10.0 if ending is Ending.PROMOTED else error
    assert Ending.SKIPPED not in life.endings
    # It crosses the threshold every fourth month, and is better than it ever since.
    assert life.endings == [Ending.PROMOTED] * 6
    assert error < 12.8


def test_a_classifier_that_fell_far_after_one_big_step_is_retrained_at_once() -> None:
    life = Life(triggers={"enabled": ["performance_degradation"]})
    life.look(0, production=0.6, challenger=0.87)
    assert life.look(30, production=0.7, challenger=0.95) is Ending.PROMOTED
    assert life.look(30, production=0.95, challenger=0.95) is None
    assert life.look(30, production=0.66, challenger=0.90) is Ending.PROMOTED


# A challenger has to be better by 2 % of the champion's error, at an error of 1 %: a thousand rows cannot show it.
FEW_ROWS = {"improvement_basis": "error_reduction", "min_improvement": 0.02}


def test_a_healthy_model_with_too_few_rows_is_trained_once_in_four_times_and_its_owner_hears_of_it() -> None:
    life = Life(triggers={"enabled": ["performance_degradation", "scheduled"]}, validation=FEW_ROWS)
    life.look(0, production=0.95, challenger=0.95)
    for _ in range(52):
        life.look(7, production=0.95, challenger=0.95)
    trained = [ending for ending in life.endings[1:] if ending is not Ending.SKIPPED]
    assert len(life.jobs) == 53
    assert (life.max_skips_in_a_row, len(trained)) == (3, 13)
    assert len(life.escalations) == 13
    assert life.escalations[0].startswith(
        "churn: 3 jobs in a row trained nothing although triggers call for a new model; team@example.com, please make "
        "the holdout larger or ask for less. Last: churn was not trained: accuracy is 0.95 in production"
    )
    overridden = [job.data_check.overridden for job in life.jobs if job.data_check and job.data_check.overridden]
    assert len(overridden) == 13
    assert overridden[0].startswith("trained because 3 jobs before were skipped, although accuracy is 0.95")


def test_a_model_below_its_threshold_is_never_skipped_twice_in_a_row_on_a_forecast() -> None:
    triggers = {"enabled": ["performance_degradation"], "confidence": 0}
    life = Life(triggers=triggers, validation=FEW_ROWS)
    life.look(0, production=0.8, challenger=0.92)
    for _ in range(26):
        life.look(14, production=0.9199, challenger=0.9199)
    # Chance may promote one of the equal challengers, but nothing may keep the model from its trainings.
    assert life.endings.count(Ending.SKIPPED) >= 10
    assert life.max_skips_in_a_row == 1
    assert len(life.endings) - life.endings.count(Ending.SKIPPED) >= 13


def test_a_model_that_publishes_no_metric_is_not_taken_for_healthy() -> None:
    life = Life(triggers={"enabled": ["scheduled"]}, validation=FEW_ROWS)
    for _ in range(9):
        life.look(7, production=0.95, challenger=0.95)
    assert Ending.SKIPPED in life.endings
    assert life.max_skips_in_a_row == 1


def test_failed_jobs_say_nothing_of_skips_however_many_they_are() -> None:
    life = Life(triggers={"enabled": ["scheduled"]}, validation=FEW_ROWS)
    life.look(0, production=0.95, challenger=0.95)
    assert life.look(7, production=0.8, challenger=0.8) is Ending.SKIPPED
    for _ in range(30):
        life.fail(1)
    assert life.look(7, production=0.8, challenger=0.8) is not Ending.SKIPPED


def test_what_is_certain_is_skipped_each_time_and_escalates_each_third_time() -> None:
    triggers = {"enabled": ["performance_degradation", "scheduled"]}
    beyond, too_few = Life(triggers=triggers), Life(triggers=triggers, validation={"min_holdout_rows": 2000})
    beyond.look(0, production=0.98, challenger=0.98)
    for life in (beyond, too_few):
        for _ in range(6):
            life.look(7, production=0.98, challenger=0.98)
        assert life.endings[-6:] == [Ending.SKIPPED] * 6
        assert len(life.escalations) == 2
    assert "set validation.improvement_basis to error_reduction" in beyond.escalations[-1]
    assert "6 jobs in a row" in too_few.escalations[-1]
    assert "1000 holdout rows have a label, 2000 are needed (validation.min_holdout_rows)" in too_few.escalations[-1]


def test_a_forecast_answers_the_schedule_and_too_few_rows_do_not() -> None:
    triggers = {"enabled": ["performance_degradation", "scheduled"]}
    hopeless, too_few = (
        Life(triggers=triggers, validation=FEW_ROWS),
        Life(validation={"min_holdout_rows": 2000}, triggers=triggers),
    )
    hopeless.look(0, production=0.95, challenger=0.95)
    for life in (hopeless, too_few):
        assert life.look(7, production=0.95, challenger=0.95) is Ending.SKIPPED
    # Rows may have arrived by tomorrow; a forecast would be the same.
    assert hopeless.look(1, production=0.95, challenger=0.95) is None
    assert too_few.look(1, production=0.95, challenger=0.95) is Ending.SKIPPED
