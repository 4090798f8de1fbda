"""Publishes events about jobs on EventBridge."""

from typing import Any

from ..domain.errors import EventsUnavailable
from ..domain.events import JobEvent
from .aws import translated

DETAIL_TYPE = "Retraining Job Event"


class EventBridgeBus:
    """EventBus on the account's default bus; the stage keeps deployments in one account apart."""

    def __init__(self, client: Any, stage: str) -> None:
        self._client = client
        self._source = f"auto-retrain.{stage}"

    def publish(self, event: JobEvent) -> None:
        entry = {"Source": self._source, "DetailType": DETAIL_TYPE, "Detail": event.model_dump_json()}
        with translated(EventsUnavailable):
            answer = self._client.put_events(Entries=[entry])
        # The call succeeds even if the bus rejects all entries.
        if answer["FailedEntryCount"]:
            raise EventsUnavailable(f"EventBridge did not accept event '{event.event_id}': {answer['Entries'][0]}")
