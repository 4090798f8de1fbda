"""The watcher gathers small models into one Kubernetes Job, and each gets the answer for its own order only."""

from datetime import timedelta

import pytest

from auto_retrain.domain.cluster import ClusterJob, Obstacle
from auto_retrain.domain.errors import ClusterRefused, ClusterUnavailable
from auto_retrain.domain.messages.ending import ExecutionStatusChange
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.domain.messages.training import StepOrder, WatchOutcome
from auto_retrain.domain.messages.triggering import ExecutionStarted
from auto_retrain.usecases.ending.close_job import close_job
from auto_retrain.usecases.training.start_job import start_job
from auto_retrain.usecases.triggering.check_triggers import check_triggers
from auto_retrain.usecases.watching.answer_token import MAX_WAIT
from auto_retrain.usecases.watching.watch_jobs import GRACE, watch_jobs
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.world import MANUAL, World

TRIGGERS = {"evaluation_window_days": 5, "training_window_days": 10}


class Fleet(World):
    """Some small models, each with a job whose training is parked; their tokens are their names."""

    def __init__(self, *models: str) -> None:
        super().__init__()
        self.ids: dict[str, str] = {}
        for model in models:
            data = {"prefix": "churn", "row_id": "id", "label": "left", "numeric": ["age"]}
            policy = a_policy(model=model, triggers=TRIGGERS, data=data, training={"batched": True})
            self.ports.policies.apply(policy, "ada", self.ports.clock.now())
            event = {**MANUAL, "model_name": model}
            started = ExecutionStarted(event=event, execution_arn=f"arn:{model}")
            self.ids[model] = check_triggers(started, self.ports).job_id or ""
            self.park(model)

    def park(self, model: str) -> None:
        order = StepOrder(job_id=self.ids[model], kind="train", task_token=model)
        assert start_job(order, self.ports).kubernetes_job is None

    def batch(self) -> ClusterJob:
        (kubernetes_job,) = self.ports.cluster.list_jobs().jobs
        return kubernetes_job

    def answers(self, kind: str) -> list[str]:
        return [answer[1] for answer in self.ports.executions.answers if answer[0] == kind]


def watch(world: World) -> WatchOutcome:
    return watch_jobs(ScheduledEvent(), world.ports)


def test_parked_trainings_become_one_kubernetes_job() -> None:
    fleet = Fleet("a", "b", "c")
    assert fleet.ports.cluster.list_jobs().jobs == []

    outcome = watch(fleet)

    assert (outcome.batches, outcome.alive) == (1, 3)
    assert fleet.batch().members == tuple(sorted(fleet.ids.values()))
    orders = fleet.ports.cluster.orders[fleet.batch().name]
    assert sorted(order.model_name for order in orders) == ["a", "b", "c"]


def test_one_batch_is_started_however_many_passes_there_are() -> None:
    fleet = Fleet("a", "b")
    for _ in range(3):
        watch(fleet)
        fleet.ports.clock.advance(GRACE)

    assert len(fleet.ports.cluster.list_jobs().jobs) == 1


def test_an_order_that_is_parked_later_gets_its_own_batch() -> None:
    fleet = Fleet("a")
    watch(fleet)
    later = Fleet("a", "b")
    later.ports.cluster = fleet.ports.cluster

    watch(later)

    assert [job.members for job in fleet.ports.cluster.list_jobs().jobs].count((later.ids["b"],)) == 1
    assert len(fleet.ports.cluster.list_jobs().jobs) == 2


def test_each_execution_is_answered_for_its_own_order_while_the_others_still_run() -> None:
    fleet = Fleet("a", "b", "c")
    watch(fleet)
    members = fleet.batch().members
    numbers = {model: members.index(job_id) for model, job_id in fleet.ids.items()}
    fleet.ports.cluster.change(fleet.batch().name, done=(numbers["a"],), failed=(numbers["b"],))
    fleet.ports.executions.answers.clear()

    watch(fleet)

    assert (fleet.answers("succeed"), fleet.answers("fail"), fleet.answers("heartbeat")) == (["a"], ["b"], ["c"])


def test_each_job_gets_the_log_of_its_own_pod() -> None:
    fleet = Fleet("a", "b")
    watch(fleet)
    failed = fleet.batch().members.index(fleet.ids["b"])
    fleet.ports.cluster.fail_orders(fleet.batch().name, {failed: "no rows\n"})

    watch(fleet)

    assert fleet.ports.data.read(f"s3://artifacts/jobs/{fleet.ids['b']}/train/log.txt") == b"no rows\n"
    assert (fleet.answers("succeed"), fleet.answers("fail")) == (["a"], ["b"])


def test_a_repeated_start_keeps_its_place_and_renews_its_token() -> None:
    fleet = Fleet("a")
    watch(fleet)
    order = StepOrder(job_id=fleet.ids["a"], kind="train", task_token="second")

    start_job(order, fleet.ports)
    fleet.ports.cluster.finish(fleet.batch().name)
    watch(fleet)

    assert fleet.answers("succeed") == ["second"]


def test_a_deleted_batch_is_started_again() -> None:
    fleet = Fleet("a", "b")
    watch(fleet)
    fleet.ports.cluster.delete_job(fleet.batch())
    fleet.ports.clock.advance(GRACE)

    outcome = watch(fleet)

    assert (outcome.batches, outcome.failed) == (1, 0)
    assert len(fleet.batch().members) == 2


def test_a_batch_that_the_cluster_refuses_fails_its_executions_at_once() -> None:
    fleet = Fleet("a", "b")

    def refuse(*arguments: object) -> None:
        raise ClusterRefused("image 'x:1' is not named by its digest")

    fleet.ports.cluster.start_indexed_job = refuse  # type: ignore[method-assign]
    watch(fleet)

    assert sorted(fleet.answers("fail")) == ["a", "b"]


def test_an_order_that_no_container_can_start_with_fails_its_execution_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = Fleet("a", "b")
    monkeypatch.setattr("auto_retrain.domain.batch.MAX_BATCH_ORDERS", 1)
    sizes = iter([0, 10**6])
    monkeypatch.setattr("auto_retrain.domain.order_size.bytes_of", lambda order: next(sizes))

    outcome = watch(fleet)

    assert (outcome.batches, outcome.failed, len(fleet.answers("fail"))) == (1, 1, 1)


def test_an_unavailable_cluster_is_tried_again_in_the_next_pass() -> None:
    fleet = Fleet("a", "b")
    start = fleet.ports.cluster.start_indexed_job

    def unavailable(*arguments: object) -> None:
        raise ClusterUnavailable("the API server is away")

    fleet.ports.cluster.start_indexed_job = unavailable  # type: ignore[method-assign]
    outcome = watch(fleet)
    fleet.ports.cluster.start_indexed_job = start  # type: ignore[method-assign]

    assert (outcome.alive, len(outcome.problems), outcome.failed) == (2, 1, 0)
    assert watch(fleet).batches == 1


def test_an_image_that_cannot_be_pulled_fails_all_orders_that_wait_for_it() -> None:
    fleet = Fleet("a", "b")
    watch(fleet)
    fleet.ports.cluster.change(fleet.batch().name, ready_pods=0, started_at=NOON)
    obstacle = Obstacle(reason="the image 'absent:1' cannot be pulled", since=NOON, may_pass=False)
    fleet.ports.cluster.obstruct(fleet.batch().name, obstacle)
    fleet.ports.clock.advance(MAX_WAIT)

    watch(fleet)

    assert sorted(fleet.answers("fail")) == ["a", "b"]
    assert fleet.ports.cluster.list_jobs().jobs == []


def test_a_batch_is_an_orphan_only_when_all_its_jobs_have_ended() -> None:
    fleet = Fleet("a", "b")
    watch(fleet)
    fleet.ports.clock.advance(GRACE + timedelta(minutes=1))
    fleet.ports.cluster.change(fleet.batch().name, created_at=NOON)
    end(fleet, "a")
    assert watch(fleet).deleted == 0

    end(fleet, "b")

    assert watch(fleet).deleted == 1
    assert fleet.ports.cluster.list_jobs().jobs == []


def end(fleet: Fleet, model: str) -> None:
    """Abort a model's execution."""
    aborted = {"executionArn": f"arn:{model}", "status": "ABORTED"}
    close_job(ExecutionStatusChange.model_validate({"detail": aborted}), fleet.ports)


def test_a_job_with_several_trainings_is_not_batched() -> None:
    world = World(a_policy(triggers=TRIGGERS, training={"batched": True}))
    job_id = world.check({**MANUAL, "grid": {"depth": [1, 2]}}).job_id or ""

    assert world.start(job_id, "train").kubernetes_job == f"{job_id}-train-1"


def test_a_policy_that_is_refused_is_found_out_before_it_joins_a_batch() -> None:
    fleet = Fleet("a")
    data = {"prefix": "churn", "row_id": "id", "label": "left", "numeric": ["age"]}
    odd = {"batched": True, "parameters": {"alpha": 2**60}}
    policy = a_policy(model="odd", triggers=TRIGGERS, data=data, training=odd)
    fleet.ports.policies.apply(policy, "ada", fleet.ports.clock.now())
    started = ExecutionStarted(event={**MANUAL, "model_name": "odd"}, execution_arn="arn:odd")
    job_id = check_triggers(started, fleet.ports).job_id or ""
    with pytest.raises(ClusterRefused, match=r"the policy of model 'odd': training\.parameters"):
        start_job(StepOrder(job_id=job_id, kind="train", task_token="odd"), fleet.ports)
    assert watch(fleet).batches == 1
    assert fleet.batch().members == (fleet.ids["a"],)
