"""Puts the heads of all audit chains where nobody can change them."""

from ...domain.anchors import next_anchor, read_anchor
from ...domain.errors import RecordInvalid
from ...domain.messages.auditing import AuditAnchored
from ...domain.messages.references import ScheduledEvent
from ...ports import Ports


def anchor_audit(tick: ScheduledEvent, ports: Ports) -> AuditAnchored:
    """Write the next anchor, unless the newest one is less than a day old and no chain has grown since.

    The time in it is that of the clock, whatever the event says. Raises AnchorConflict if another call is faster.
    """
    newest = ports.anchors.newest()
    try:
        anchor = next_anchor(ports.audit.heads(), ports.clock.now(), newest)
        if anchor is not None:
            ports.anchors.add(anchor)
            return AuditAnchored(sequence=anchor.sequence, heads=anchor.count, written=True)
        assert newest is not None  # otherwise there is always a next one
        unchanged = read_anchor(newest.document)
    except ValueError as error:
        raise RecordInvalid(f"the newest anchor cannot be read: {str(error).splitlines()[0]}") from error
    return AuditAnchored(sequence=unchanged.sequence, heads=unchanged.count, written=False)
