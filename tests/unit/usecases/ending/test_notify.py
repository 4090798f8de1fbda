"""People are notified once, whatever fails in between."""

from datetime import datetime, timedelta

import pytest

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.errors import AwsRefused, NotificationFailed, StoreUnavailable
from auto_retrain.domain.events import JobEvent
from auto_retrain.usecases.ending.notify import CLAIM_TIME, PublishedEvent, notify
from tests.unit.builders import NOON

EVENT = JobEvent(event_id="j-started", kind="started", job_id="j", model_name="churn", text="Retraining", at=NOON)


def test_people_are_notified_once() -> None:
    ports = MemoryPorts()
    assert notify(PublishedEvent(detail=EVENT), ports).told
    assert not notify(PublishedEvent(detail=EVENT), ports).told
    assert ports.notifier.texts == ["Retraining"]


@pytest.mark.parametrize("error", [NotificationFailed("Slack answered 500"), AwsRefused("no secret"), ValueError("?")])
def test_a_notification_that_failed_for_any_reason_is_tried_again(error: Exception) -> None:
    ports = MemoryPorts()
    send = ports.notifier.send

    def fail(text: str) -> None:
        raise error

    ports.notifier.send = fail  # type: ignore[method-assign]
    with pytest.raises(type(error)):
        notify(PublishedEvent(detail=EVENT), ports)
    ports.notifier.send = send  # type: ignore[method-assign]
    assert notify(PublishedEvent(detail=EVENT), ports).told


def test_a_notification_of_a_stopped_call_is_sent_once_its_claim_has_expired() -> None:
    ports = MemoryPorts()
    ports.notifications.claim(EVENT.event_id, "stopped", ports.clock.now() + CLAIM_TIME)
    with pytest.raises(NotificationFailed):
        notify(PublishedEvent(detail=EVENT), ports)
    ports.clock.advance(CLAIM_TIME + timedelta(seconds=1))
    assert notify(PublishedEvent(detail=EVENT), ports).told


def test_people_are_not_notified_again_days_later() -> None:
    ports = MemoryPorts()
    notify(PublishedEvent(detail=EVENT), ports)
    ports.clock.advance(timedelta(days=6))
    assert not notify(PublishedEvent(detail=EVENT), ports).told


def test_a_sent_notification_is_not_sent_again_if_it_cannot_be_confirmed() -> None:
    ports = MemoryPorts()

    def unavailable(event_id: str, until: datetime) -> None:
        raise StoreUnavailable("slow down")

    ports.notifications.confirm = unavailable  # type: ignore[method-assign]
    assert notify(PublishedEvent(detail=EVENT), ports).told
    assert ports.notifier.texts == ["Retraining"]
