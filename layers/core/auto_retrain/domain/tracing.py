"""Places in a trace, and the spans that are put there: what took how long on the way from a trigger to a promotion."""

from .base import Record, UtcTime
from .digest import sha256_of


class TracePoint(Record):
    """A place in a trace of X-Ray below which spans can be put."""

    trace_id: str
    parent_id: str


class Span(Record):
    """A piece of work in a trace; whoever puts one with the same id again replaces it."""

    trace_id: str
    parent_id: str
    span_id: str
    name: str
    started_at: UtcTime
    ended_at: UtcTime
    failed: bool = False
    job_id: str
    model_name: str


def span_id_of(job_id: str, *names: str) -> str:
    """The id of a piece of a job's work, such as a step, whoever asks: 16 hexadecimal digits, as X-Ray wants them."""
    return sha256_of("/".join((job_id, *names)).encode())[:16]
