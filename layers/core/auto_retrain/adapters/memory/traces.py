"""Traces in memory."""

from collections.abc import Sequence

from ...domain.tracing import Span, TracePoint


class MemoryTraces:
    """Keeps the newest span of each id; `point` is where the present call is traced."""

    def __init__(self) -> None:
        self.point: TracePoint | None = None
        self.spans: dict[str, Span] = {}

    def current(self) -> TracePoint | None:
        return self.point

    def put(self, spans: Sequence[Span]) -> None:
        self.spans |= {span.span_id: span for span in spans}
