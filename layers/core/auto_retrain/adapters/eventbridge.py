"""Publishes facts on EventBridge."""

import time
from typing import Any

from ..domain.errors import EventsUnavailable
from ..domain.events import FactEvent
from .aws import translated

# While the bus does not answer, what nobody waits for is not tried: many facts in a row must not cost a function its
# time.
PAUSE_SECONDS = 30.0


class EventBridgeBus:
    """EventBus on the account's default bus; the stage keeps deployments in one account apart."""

    def __init__(self, client: Any, stage: str) -> None:
        self._client = client
        self._source = f"auto-retrain.{stage}"
        self._failed_at: float | None = None

    def publish(self, event: FactEvent) -> None:
        if event.severity == "quiet" and self._is_paused():
            raise EventsUnavailable("EventBridge did not answer a moment ago")
        try:
            self._put(event)
        except EventsUnavailable:
            self._failed_at = time.monotonic()
            raise
        self._failed_at = None

    def _is_paused(self) -> bool:
        return self._failed_at is not None and time.monotonic() - self._failed_at < PAUSE_SECONDS

    def _put(self, event: FactEvent) -> None:
        entry = {
            "Source": self._source,
            "DetailType": event.kind,
            "Detail": event.model_dump_json(),
            "Time": event.at,
        }
        with translated(EventsUnavailable):
            answer = self._client.put_events(Entries=[entry])
        # The call succeeds even if the bus rejects all entries.
        if answer["FailedEntryCount"]:
            raise EventsUnavailable(f"EventBridge did not accept event '{event.event_id}': {answer['Entries'][0]}")
