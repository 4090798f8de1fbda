"""What the functions answer that reach people."""

from ..base import Record


class NotificationOutcome(Record):
    """What was sent through which channels, what waits in them now, and how much of that waits for the channel."""

    sent: dict[str, int]
    waits: dict[str, int]
    late: int | None = None

    @property
    def metrics(self) -> dict[str, int]:
        return {} if self.late is None else {"late_messages": self.late}


class DigestOutcome(Record):
    """Which channels get the digest with the next message that waits, and how many lines it has."""

    channels: tuple[str, ...]
    lines: int
