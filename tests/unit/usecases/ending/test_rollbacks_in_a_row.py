"""Challengers that pass every gate and then fail on real requests, month after month: simulated for a year."""

from datetime import timedelta

import pytest

from auto_retrain.domain.analysis import Analysis
from auto_retrain.domain.ending import Ending
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.holds.model import model_holds
from tests.unit.announced import escalated
from tests.unit.builders import a_policy
from tests.unit.usecases.rollout_stages import CANARY, looked
from tests.unit.usecases.world import EXECUTION, World, rows

MONTH = timedelta(days=30)
MONTHLY = {"evaluation_window_days": 5, "training_window_days": 10, "schedule_expression": "0 6 1 * *"}
MANUAL, SCHEDULED, PERFORMANCE = TriggerType.MANUAL, TriggerType.SCHEDULED, TriggerType.PERFORMANCE_DEGRADATION
BAD, GOOD = Analysis(unhealthy="every second request fails"), Analysis()


class Model:
    """Retrained once a month by a schedule or by a person."""

    def __init__(self, trigger: TriggerType) -> None:
        self.trigger, self.version = trigger, 1
        self.world = World(a_policy(triggers=MONTHLY, deployment=CANARY))
        self.world.give_champion()
        self.world.ports.traffic = self.world.ports.weights  # type: ignore[assignment]
        self.world.ports.weights.move("churn", {"1": 100})

    def retrain(self, on_real_requests: Analysis, accuracy: float = 0.95) -> Ending:
        """How the job of a month ends."""
        ports = self.world.ports
        ports.clock.advance(MONTH)
        for back in range(1, 31):
            ports.data.add_partition("churn", ports.clock.now().date() - timedelta(days=back), f"day {back}".encode())
        self.version += 1
        job_id = self._scored(str(self.version), accuracy)
        self.world.validate(job_id)
        if accuracy > 0.9:
            while self.world.deploy(job_id).next == "bake":
                looked(self.world, on_real_requests)
        ending = self.world.close(decision={"job_id": job_id}).ending
        assert ending is not None
        return ending

    def _scored(self, version: str, accuracy: float) -> str:
        champion = self.world.ports.registry.champion("churn")
        at = self.world.ports.clock.now()
        event = {"model_name": "churn", "trigger_type": self.trigger.value, "event_time": at.isoformat()}
        by_hand = {"actor": "ada", "reason": "monthly"} if self.trigger is MANUAL else {}
        job_id = self.world.check({**event, **by_hand}, f"{EXECUTION}-{version}").job_id
        assert job_id is not None
        self.world.start(job_id, "train")
        self.world.train(job_id, version)
        self.world.start(job_id, "score")
        self.world.score(job_id, **{f"v{version}": rows(500, accuracy), f"v{champion}": rows(500, 0.88)})
        return job_id

    @property
    def asked(self) -> list[str]:
        return [event.sentence for event in escalated(self.world.ports)]


@pytest.mark.parametrize(("trigger", "months"), [(SCHEDULED, 12), (MANUAL, 5)], ids=["scheduled", "manual"])
def test_a_year_of_canaries_that_are_rolled_back_asks_the_owner_from_the_third_on(
    trigger: TriggerType, months: int
) -> None:
    model = Model(trigger)
    for month in range(months):
        assert model.retrain(BAD) is Ending.ROLLED_BACK
        assert len(model.asked) == max(month - 1, 0)
    assert model.asked[0] == (
        "churn: 3 challengers in a row were not promoted; team@example.com, please check the data, the trainer, and "
        "whether production gets what training had. Last: churn version 4 was not promoted, its rollout was ended: "
        "every second request fails"
    )
    assert len({event.event_id for event in escalated(model.world.ports)}) == months - 2


def test_a_promotion_begins_the_count_anew() -> None:
    model = Model(SCHEDULED)
    endings = [model.retrain(analysis) for analysis in (BAD, BAD, GOOD, BAD, BAD)]
    assert endings.count(Ending.ROLLED_BACK) == 4
    assert model.asked == []
    model.retrain(BAD)
    assert len(model.asked) == 1


def test_what_the_gates_reject_for_a_schedule_counts_for_nothing_and_forgives_nothing() -> None:
    model = Model(SCHEDULED)
    assert [model.retrain(BAD, accuracy=0.88) for _ in range(4)] == [Ending.REJECTED] * 4
    model.retrain(BAD)
    model.retrain(BAD)
    assert model.asked == []
    model.retrain(BAD, accuracy=0.88)
    model.retrain(BAD)
    assert len(model.asked) == 1


@pytest.mark.parametrize("trigger", [SCHEDULED, MANUAL, PERFORMANCE])
def test_neither_the_schedule_nor_a_trigger_waits_for_what_others_had_rolled_back(trigger: TriggerType) -> None:
    model = Model(SCHEDULED)
    for _ in range(4):
        model.retrain(BAD)
    ports, at = model.world.ports, model.world.ports.clock.now() + MONTH
    applied = ports.policies.get("churn")
    assert applied is not None
    assert model_holds(applied, ports.states.get("churn"), trigger, at, at) == []
