"""The Kubernetes Job's part of a retraining is in the trace of its execution, and no outcome depends on that."""

from datetime import timedelta

import pytest

from auto_retrain.cli.__main__ import main
from auto_retrain.domain.cluster import ClusterJobPhase
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.domain.tracing import Span, TracePoint, span_id_of
from auto_retrain.usecases.watching.watch_jobs import watch_jobs
from tests.unit.builders import NOON
from tests.unit.usecases.world import World, predictions, rows

TRACE = "1-67a1b2c3-0123456789abcdef01234567"
SPANS = [
    {"name": name, "started_at": (NOON + timedelta(seconds=at)).isoformat(), "ended_at": NOON.isoformat()}
    for at, name in enumerate(["read data", "fit"])
]
ODD_SPANS = [{"name": "", "started_at": "yesterday"}, "spans", {"spans": []}, 7, [None] * 1000]


def call(world: World, function: str) -> None:
    """The next call is that of this function, in the trace of the one execution."""
    world.ports.traces.point = TracePoint(trace_id=TRACE, parent_id=f"segment of {function}")


def end(world: World, kind: str, phase: ClusterJobPhase = ClusterJobPhase.COMPLETE) -> None:
    """The Kubernetes Job ends three minutes later, and the watcher sees it; it runs in a trace of its own."""
    world.ports.clock.advance(timedelta(minutes=3))
    (job,) = [job for job in world.ports.cluster.list_jobs().jobs if job.kind == kind]
    world.ports.cluster.change(job.name, phase=phase)
    world.ports.traces.point = TracePoint(trace_id="of the watcher", parent_id="of the watcher")
    watch_jobs(ScheduledEvent(time=NOON), world.ports)


def retrain(world: World, spans: object) -> str:
    """The steps of an execution, from the trigger to the verdict; returns what was decided."""
    call(world, "check_triggers")
    job_id = world.open()
    call(world, "start_job for train")
    world.start(job_id, "train")
    world.train(job_id, spans=spans)
    end(world, "train")
    call(world, "start_job for score")
    world.start(job_id, "score")
    world.freeze_holdout(job_id, predictions(rows(2000, 0.95)))
    world.score(job_id, v2=rows(2000, 0.95))
    end(world, "score")
    call(world, "validate_model")
    return world.validate(job_id).next


def below(spans: dict[str, Span], parent: str) -> list[str]:
    return [span.name for span in spans.values() if span.parent_id == parent]


def test_all_spans_of_a_retraining_share_its_trace_and_nest_below_the_function_that_ordered_them() -> None:
    world = World()
    retrain(world, SPANS)
    (job,) = world.ports.jobs.list_recent("churn", 1)
    spans = world.ports.traces.spans
    assert job.trace_id == TRACE
    assert {span.trace_id for span in spans.values()} == {TRACE}
    assert below(spans, "segment of start_job for train") == ["train in the cluster"]
    assert below(spans, span_id_of(job.job_id, "train")) == ["read data", "fit"]
    assert below(spans, "segment of start_job for score") == ["score in the cluster"]
    trained = spans[span_id_of(job.job_id, "train")]
    assert (trained.ended_at - trained.started_at, trained.failed) == (timedelta(minutes=3), False)


def test_a_step_that_fails_is_a_span_that_says_so() -> None:
    world = World()
    call(world, "start_job for train")
    job_id = world.open()
    world.start(job_id, "train")
    end(world, "train", ClusterJobPhase.FAILED)
    assert world.ports.traces.spans[span_id_of(job_id, "train")].failed


@pytest.mark.parametrize("odd", ODD_SPANS, ids=["no name", "text", "object", "number", "too many"])
def test_odd_spans_of_a_container_change_no_outcome(odd: object) -> None:
    world, plain = World(), World()
    assert retrain(world, odd) == retrain(plain, SPANS) == "deploy"
    assert len(world.ports.traces.spans) == 2  # those of the steps


def test_an_execution_that_is_not_traced_leaves_no_spans() -> None:
    world = World()
    job_id = world.open()
    world.start(job_id, "train")
    world.train(job_id, spans=SPANS)
    end(world, "train")
    assert (world.job(job_id).trace_id, world.ports.traces.spans) == (None, {})


def test_a_person_finds_the_trace_from_the_job(capsys: pytest.CaptureFixture[str]) -> None:
    world = World()
    call(world, "check_triggers")
    assert main(["job", world.open()], world.ports) == 0
    assert f"trace in X-Ray: {TRACE}\n" in capsys.readouterr().out
