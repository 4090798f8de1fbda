"""Puts what happens in the cluster into the trace of the execution that ordered it.

No outcome depends on it. Pods know nothing of traces: their steps are put there from what they wrote, by functions.
"""

from collections.abc import Sequence

from ...domain.job import PendingStep, RetrainingJob
from ...domain.results import ContainerSpan
from ...domain.tracing import Span, span_id_of
from ...ports import Ports


def trace_step(job: RetrainingJob, step: PendingStep, *, failed: bool, ports: Ports) -> None:
    """One span from the order of a step until now, waits included; below the function that ordered it."""
    if step.trace is None:
        return
    span = Span(
        trace_id=step.trace.trace_id,
        parent_id=step.trace.parent_id,
        span_id=span_id_of(job.job_id, step.kind),
        name=f"{step.kind} in the cluster",
        started_at=step.since,
        ended_at=ports.clock.now(),
        failed=failed,
        job_id=job.job_id,
        model_name=job.model_name,
    )
    ports.traces.put([span])


def trace_container(job: RetrainingJob, spans: Sequence[ContainerSpan], ports: Ports, part: str = "") -> None:
    """What a container says that it did, below the span of its step; `part` tells variants apart."""
    step = job.pending
    if step is None or step.trace is None:
        return
    ports.traces.put(
        [
            Span(
                trace_id=step.trace.trace_id,
                parent_id=span_id_of(job.job_id, step.kind),
                span_id=span_id_of(job.job_id, step.kind, part, str(number)),
                name=f"{part}{span.name}",
                started_at=span.started_at,
                ended_at=span.ended_at,
                job_id=job.job_id,
                model_name=job.model_name,
            )
            for number, span in enumerate(spans)
        ]
    )
