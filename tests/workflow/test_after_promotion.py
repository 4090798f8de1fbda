"""A champion is watched after its promotion, through the real functions: taken back everywhere, or final."""

from datetime import datetime, timedelta
from typing import Any

from auto_retrain.domain.ending import Ending
from auto_retrain.domain.job import RetrainingJob
from auto_retrain.domain.serving import ServingRecord
from auto_retrain.domain.status import RetrainingStatus
from tests.workflow.world import NOW, PATIENCE_SECONDS, World

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DAYS_BEFORE = 8


class Promoted:
    """A model whose version 1 was right nine times in ten for eight days, and whose version 2 was promoted then."""

    def __init__(self, world: World, **policy: Any) -> None:
        self.world, self.model = world, world.given_model(days=26, **policy)
        world.given_champion(self.model, accuracy=0.88, at=NOW - DAYS_BEFORE * DAY)
        self.publish(range(1 - DAYS_BEFORE, 1), accuracy=0.9)
        job = world.retrain(self.model, accuracy=0.95).job
        assert job is not None
        assert job.ending is Ending.PROMOTED
        self.job_id = job.job_id

    def publish(self, days: range, accuracy: float) -> None:
        for day in days:
            self.world.publish_accuracy(self.model, (NOW + day * DAY).date(), accuracy)

    def log(self, days: range, version: str, right: float) -> None:
        """What a server logs: an answer to each row of some days, whose labels are there at once."""
        for day in days:
            self.world.put_day(self.model, (NOW + day * DAY).date())
            self.world.put_answers(self.model, (NOW + day * DAY).date(), version, right)

    def watch(self, at: datetime) -> None:
        """An hourly look at all champions."""
        self.world.stack.fire_schedule("ChampionScheduleRule", at)
        self.world.stack.wait_until_idle(PATIENCE_SECONDS)

    @property
    def record(self) -> ServingRecord:
        return self.world.ledger.serving(self.model)

    @property
    def job(self) -> RetrainingJob:
        job = self.world.jobs.get(self.job_id)
        assert job is not None
        return job

    @property
    def serves(self) -> tuple[str | None, str | None, str, str]:
        """The version by the serving record, by the alias, by the ledger, and by the model's state."""
        champion = self.record.champion
        deployed = self.world.states.get(self.model).deployed
        return (
            champion.version.number if champion else None,
            self.world.registry.champion(self.model),
            self.world.ledger.lines(self.model, 1)[0].version.number,
            deployed.version if deployed else "",
        )


def test_a_champion_that_gets_worse_is_taken_back_and_people_are_told_until_they_know(world: World) -> None:
    promoted = Promoted(world)
    assert promoted.serves == ("2",) * 4
    assert promoted.record.watch is not None
    assert "provisional" in world.run_command("rollout", promoted.model).stdout

    promoted.publish(range(1, 3), accuracy=0.8)
    promoted.watch(NOW + 2 * DAY + HOUR)
    assert promoted.serves == ("1",) * 4
    assert promoted.record.is_rolled_back("2")
    assert (promoted.job.status, promoted.job.ending) == (RetrainingStatus.ROLLED_BACK, Ending.ROLLED_BACK)
    assert world.is_free(promoted.model)
    alert = promoted.record.alert
    assert alert is not None
    assert (alert.version, alert.settled, alert.told) == ("2", True, 1)

    promoted.watch(NOW + 2 * DAY + 3 * HOUR)
    reminded = promoted.record.alert
    assert reminded is not None
    assert reminded.told == 2
    told = world.run_command("acknowledge", promoted.model, "--actor", "ada", "--reason", "I look into it")
    assert "acknowledged by ada" in told.stdout, told.stderr
    promoted.watch(NOW + 9 * DAY)
    assert promoted.serves == ("1",) * 4
    assert not promoted.record.is_watched


def test_a_champion_that_stays_as_good_is_final_when_its_watch_ends(world: World) -> None:
    promoted = Promoted(world)
    promoted.publish(range(1, 9), accuracy=0.89)
    promoted.watch(NOW + 3 * DAY)
    assert promoted.record.watch is not None
    promoted.watch(NOW + 7 * DAY + HOUR)
    assert promoted.serves == ("2",) * 4
    final = promoted.record.final
    assert final is not None
    assert "not worse by more than the margin and chance" in final.reason
    assert (promoted.job.ending, promoted.record.alert) == (Ending.PROMOTED, None)


def test_labels_in_the_prediction_log_are_metric_enough_to_take_a_champion_back(world: World) -> None:
    """Nothing is published to CloudWatch."""
    promoted = Promoted(world, metric={"source": "prediction_log", "label_key": "row_id"})
    promoted.log(range(-DAYS_BEFORE, 0), "1", right=0.9)
    promoted.log(range(3), "2", right=0.6)
    promoted.watch(NOW + 3 * DAY)
    assert promoted.serves == ("1",) * 4
    alert = promoted.record.alert
    assert alert is not None
    assert "labelled accuracy 0.6" in alert.reason
    assert "against 0.9" in alert.reason
