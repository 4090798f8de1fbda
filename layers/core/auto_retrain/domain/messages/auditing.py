"""Messages of the function that anchors audit chains."""

from ..base import Record


class AuditAnchored(Record):
    """The newest anchor, with the number of its heads; not `written` if no chain has grown since the last one."""

    sequence: int
    heads: int
    written: bool

    @property
    def metrics(self) -> dict[str, int]:
        """Counts to set alarms on, by metric name; there is one in every hour in which the chains are anchored."""
        return {"audit_anchored": 1}
