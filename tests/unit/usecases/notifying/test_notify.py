"""People are notified once through each channel, whatever fails in between."""

from datetime import datetime, timedelta

import pytest

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.channels import ChannelName
from auto_retrain.domain.errors import AwsRefused, NotificationFailed, NotificationRefused, StoreUnavailable
from auto_retrain.domain.events import FactEvent, JobEvent
from auto_retrain.domain.messages.notifying import NotificationOutcome
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.domain.notification import Notification
from auto_retrain.usecases.notifying.deliver import CLAIM_TIME
from auto_retrain.usecases.notifying.notify import PublishedEvent, notify
from auto_retrain.usecases.notifying.send_waiting import MAX_AGE
from tests.unit.builders import a_policy

MINUTE = timedelta(minutes=1)


def an_event(
    ports: MemoryPorts,
    model: str = "churn",
    topic: str = "version_taken_back",
    severity: str = "loud",
    **fields: object,
) -> FactEvent:
    at = ports.clock.now()
    about = {"event_id": f"{model}-{topic}-{at.isoformat()}", "kind": topic, "topic": topic, "severity": severity}
    return FactEvent.model_validate(
        {**about, "model_name": model, "at": at, "sentence": f"{topic} of {model}", **fields}
    )


def publish(ports: MemoryPorts, event: FactEvent | JobEvent) -> NotificationOutcome:
    return notify(PublishedEvent(detail=event), ports)


def passes(ports: MemoryPorts, minutes: int = 1) -> list[NotificationOutcome]:
    """What the function does each minute."""
    outcomes = []
    for _ in range(minutes):
        ports.clock.advance(MINUTE)
        outcomes.append(notify(ScheduledEvent(), ports))
    return outcomes


def test_what_is_loud_goes_to_every_channel_once() -> None:
    ports = MemoryPorts()
    event = an_event(ports)
    assert publish(ports, event).sent == {"slack": 1, "sns": 1, "pagerduty": 1}
    assert publish(ports, event).sent == {"slack": 0, "sns": 0, "pagerduty": 0}
    assert [channel.texts for channel in ports.channels.values()] == [["version_taken_back of churn"]] * 3


@pytest.mark.parametrize(
    ("topic", "severity", "channels"),
    [
        ("job_rejected", "quiet", set()),
        ("trigger_judged", "quiet", set()),
        ("review_requested", "normal", {"slack", "sns"}),
        ("quarantine_set", "loud", {"slack", "sns", "pagerduty"}),
        ("quarantine_lifted", "normal", {"slack", "sns", "pagerduty"}),
        ("policy_applied", "quiet", {"pagerduty"}),
    ],
)
def test_by_default_a_no_is_quiet_and_the_end_of_an_incident_follows_it(
    topic: str, severity: str, channels: set[ChannelName]
) -> None:
    ports = MemoryPorts()
    assert set(publish(ports, an_event(ports, topic=topic, severity=severity)).sent) == channels


def test_the_policy_says_where_facts_about_its_model_go() -> None:
    ports = MemoryPorts()
    policy = a_policy(notify={"loud": ["sns"], "facts": {"job_rejected": ["slack"], "version_taken_back": []}})
    ports.policies.apply(policy, "ada", ports.clock.now())
    assert set(publish(ports, an_event(ports, topic="quarantine_set")).sent) == {"sns"}
    assert set(publish(ports, an_event(ports, topic="job_rejected", severity="quiet")).sent) == {"slack"}
    assert publish(ports, an_event(ports)).sent == {}


def test_no_policy_of_one_model_silences_what_is_about_several() -> None:
    ports = MemoryPorts()
    ports.policies.apply(a_policy(notify={"loud": []}), "ada", ports.clock.now())
    assert set(publish(ports, an_event(ports, topic="champions_failed", models=80)).sent) == {
        "slack",
        "sns",
        "pagerduty",
    }
    assert publish(ports, an_event(ports, topic="champions_failed", models=1)).sent == {}


def test_a_channel_that_is_not_set_up_gets_nothing() -> None:
    ports = MemoryPorts()
    del ports.channels["pagerduty"], ports.channels["slack"]
    assert publish(ports, an_event(ports)).sent == {"sns": 1}


@pytest.mark.parametrize(
    "error",
    [
        NotificationFailed("Slack answered 500"),
        NotificationRefused("invalid"),
        AwsRefused("no secret"),
        ValueError("?"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_channel_that_fails_for_any_reason_repeats_nothing_of_the_others_and_gets_its_message_later(
    error: Exception,
) -> None:
    ports = MemoryPorts()
    ports.channels["slack"].error = error
    event = an_event(ports)
    outcome = publish(ports, event)
    assert (outcome.sent, outcome.waits["slack"]) == ({"slack": 0, "sns": 1, "pagerduty": 1}, 1)
    publish(ports, event)
    passes(ports)
    ports.channels["slack"].error = None
    passes(ports, 10)
    assert [channel.texts for channel in ports.channels.values()] == [["version_taken_back of churn"]] * 3
    assert ports.channels["slack"].sent[0].at == event.at


def test_a_message_that_can_be_neither_sent_nor_kept_is_delivered_again(monkeypatch: pytest.MonkeyPatch) -> None:
    ports = MemoryPorts()
    ports.channels["slack"].error = NotificationFailed("away")

    def unavailable(channel: ChannelName, notification: Notification) -> None:
        raise StoreUnavailable("slow down")

    event = an_event(ports)
    with monkeypatch.context() as broken:
        broken.setattr(ports.outbox, "add", unavailable)
        with pytest.raises(NotificationFailed, match="slack: StoreUnavailable: slow down"):
            publish(ports, event)
    ports.channels["slack"].error = None
    assert publish(ports, event).sent == {"slack": 1, "sns": 0, "pagerduty": 0}
    assert [len(channel.sent) for channel in ports.channels.values()] == [1, 1, 1]


def test_a_message_of_a_stopped_call_is_sent_once_its_claim_has_expired() -> None:
    ports = MemoryPorts()
    event = an_event(ports)
    ports.notifications.claim(f"{event.event_id}#slack", "stopped", ports.clock.now() + CLAIM_TIME)
    with pytest.raises(NotificationFailed, match="another call is sending"):
        publish(ports, event)
    ports.clock.advance(CLAIM_TIME + timedelta(seconds=1))
    assert publish(ports, event).sent == {"slack": 1, "sns": 0, "pagerduty": 0}


def test_people_are_not_notified_again_days_later() -> None:
    ports = MemoryPorts()
    event = an_event(ports)
    publish(ports, event)
    ports.clock.advance(timedelta(days=6))
    publish(ports, event)
    assert len(ports.channels["slack"].sent) == 1


def test_a_sent_message_is_not_sent_again_if_it_cannot_be_confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    ports = MemoryPorts()

    def unavailable(name: str, until: datetime) -> None:
        raise StoreUnavailable("slow down")

    monkeypatch.setattr(ports.notifications, "confirm", unavailable)
    assert publish(ports, an_event(ports)).sent["slack"] == 1
    assert len(ports.channels["slack"].sent) == 1


def test_an_event_of_the_release_before_is_still_understood() -> None:
    ports = MemoryPorts()
    at = ports.clock.now()
    about = {"job_id": "j", "model_name": "churn", "at": at}
    published = {"detail": {"event_id": "j-failed", "kind": "failed", "text": "Retraining churn failed", **about}}
    event = PublishedEvent.model_validate(published)
    assert isinstance(event.detail, JobEvent)
    assert notify(event, ports).sent == {"slack": 1, "sns": 1}
    assert ports.channels["slack"].sent[0].title == "Job failed: churn"


def test_a_single_message_goes_at_once_and_eighty_more_of_its_kind_follow_as_one() -> None:
    ports = MemoryPorts()
    for number in range(81):
        publish(ports, an_event(ports, f"gl-{number:02}"))
        ports.clock.advance(timedelta(seconds=1))
    assert ports.channels["slack"].texts == ["version_taken_back of gl-00"]
    passes(ports, 6)
    _, incident = ports.channels["slack"].sent
    assert incident.title == "Version taken back: 80 models"
    assert len(incident.lines) == 80
    assert all(f"gl-{number:02}" in line for number, line in enumerate(incident.lines, start=1))
    assert passes(ports, 20)[-1].waits == {"slack": 0, "sns": 0, "pagerduty": 0}
    assert len(ports.channels["slack"].sent) == 2


def test_an_incident_names_the_data_that_all_its_models_read() -> None:
    ports = MemoryPorts()
    for name in ("one", "two", "three"):
        data = {"prefix": "clicks", "row_id": "id", "label": "left", "numeric": ["age"]}
        ports.policies.apply(a_policy(model=name, data=data), "ada", ports.clock.now())
        publish(ports, an_event(ports, name, topic="quarantine_set"))
    passes(ports, 6)
    assert "all of them read clicks" in ports.channels["slack"].texts[1]


def test_a_message_of_another_kind_does_not_wait_for_an_incident() -> None:
    ports = MemoryPorts()
    for name in ("one", "two"):
        publish(ports, an_event(ports, name))
    assert publish(ports, an_event(ports, "three", topic="quarantine_set")).sent["slack"] == 1


def test_what_ends_an_incident_is_never_sent_as_one_with_others() -> None:
    ports = MemoryPorts()
    for name in ("one", "two", "three"):
        assert (
            publish(ports, an_event(ports, name, topic="quarantine_lifted", severity="normal")).sent["pagerduty"] == 1
        )


def test_a_day_with_slack_down_loses_no_message_and_keeps_their_order_and_time() -> None:
    ports = MemoryPorts()
    slack = ports.channels["slack"]
    slack.error = NotificationFailed("Slack did not answer: ConnectTimeout")
    events = []
    for hour in range(24):
        events.append(an_event(ports, f"m-{hour % 5}", topic=("alias_moved", "quarantine_set")[hour % 2]))
        publish(ports, events[-1])
        late = passes(ports, 60)[-1].late
        assert late == hour + 1
    slack.error = None
    passes(ports, 30)
    assert [(each.text, each.at) for each in slack.sent] == [(event.sentence, event.at) for event in events]
    assert [len(ports.channels[name].sent) for name in ("sns", "pagerduty")] == [24, 24]
    assert passes(ports)[-1].late == 0


def test_while_older_messages_wait_for_a_channel_new_ones_queue_behind_them() -> None:
    ports = MemoryPorts()
    slack = ports.channels["slack"]
    slack.error = NotificationFailed("away")
    publish(ports, an_event(ports, "old", topic="alias_moved"))
    passes(ports, 10)
    slack.error = None
    publish(ports, an_event(ports, "new"))
    assert slack.texts == []
    passes(ports)
    assert slack.texts == ["alias_moved of old", "version_taken_back of new"]


def test_a_refused_message_stops_no_others_and_is_tried_again() -> None:
    ports = MemoryPorts()
    slack = ports.channels["slack"]
    send = slack.send

    def choosy(notification: Notification) -> None:
        if notification.model_name == "bad":
            raise NotificationRefused("invalid_payload")
        send(notification)

    slack.send = choosy  # type: ignore[method-assign]
    publish(ports, an_event(ports, "bad", topic="alias_moved"))
    passes(ports, 9)
    publish(ports, an_event(ports, "good"))
    assert passes(ports)[-1].waits["slack"] == 1
    assert slack.texts == ["version_taken_back of good"]
    slack.send = send  # type: ignore[method-assign]
    passes(ports, 6)
    assert slack.texts == ["version_taken_back of good", "alias_moved of bad"]


def test_a_channel_that_asks_for_time_gets_it() -> None:
    ports = MemoryPorts()
    slack, tries = ports.channels["slack"], []

    def limited(notification: Notification) -> None:
        tries.append(ports.clock.now())
        raise NotificationFailed("Slack answered 429", retry_after=600.0)

    slack.send = limited  # type: ignore[method-assign]
    publish(ports, an_event(ports))
    passes(ports, 12)
    assert [(later - tries[1]) // MINUTE for later in tries[1:]] == [0, 11]


def test_a_channel_that_is_slow_leaves_the_others_their_turn() -> None:
    ports = MemoryPorts()
    for channel in ports.channels.values():
        channel.error = NotificationFailed("away")
    for topic in ("alias_moved", "quarantine_set", "version_taken_back", "drill_failed", "serving_differs"):
        publish(ports, an_event(ports, topic=topic))
    ports.clock.advance(10 * MINUTE)
    for channel in ports.channels.values():
        channel.error = None
    slack = ports.channels["slack"]
    send = slack.send

    def slow(notification: Notification) -> None:
        ports.clock.advance(timedelta(seconds=5))
        send(notification)

    slack.send = slow  # type: ignore[method-assign]
    assert passes(ports)[0].sent == {"slack": 3, "sns": 5, "pagerduty": 5}
    assert passes(ports)[0].sent["slack"] == 2


def test_models_that_read_the_same_data_are_one_message_and_one_incident() -> None:
    ports = MemoryPorts()
    read = {"first": "other", "churn": "clicks", "spam": "clicks", "fraud": "orders", "risk": "orders", "ads": "ads"}
    for model, prefix in read.items():
        policy = a_policy(model=model, data={"prefix": prefix, "row_id": "id", "label": "left", "numeric": ["age"]})
        ports.policies.apply(policy, "ada", ports.clock.now())
        publish(ports, an_event(ports, model, "quarantine_set", page=f"https://pages/fleet.html#model-{model}"))
    passes(ports, 6)
    sent = ports.channels["pagerduty"].sent
    hour = f"{sent[0].at:%FT%H}"
    assert {(each.model_names, each.incident) for each in sent} == {
        ((), None),
        (("churn", "spam"), f"clicks/{hour}"),
        (("fraud", "risk"), f"orders/{hour}"),
        ((), None),
    }
    assert sorted(each.model_name for each in sent if not each.incident) == ["ads", "first"]
    assert [each.page for each in sent if each.incident] == ["https://pages/fleet.html"] * 2
    assert "and all of them read clicks" in "".join(each.text for each in sent)


def test_two_passes_at_once_send_nothing_twice() -> None:
    ports = MemoryPorts()
    slack = ports.channels["slack"]
    slack.error = NotificationFailed("away")
    publish(ports, an_event(ports))
    slack.error, send = None, slack.send

    def meanwhile(notification: Notification) -> None:
        slack.send = send  # type: ignore[method-assign]
        assert notify(ScheduledEvent(), ports).sent["slack"] == 0
        send(notification)

    slack.send = meanwhile  # type: ignore[method-assign]
    passes(ports)
    assert slack.texts == ["version_taken_back of churn"]


def test_what_a_channel_never_took_is_given_up_after_two_weeks_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    ports = MemoryPorts()
    ports.channels["slack"].error = NotificationFailed("away")
    publish(ports, an_event(ports))
    ports.clock.advance(MAX_AGE - timedelta(hours=1))
    assert passes(ports)[-1].waits["slack"] == 1
    ports.clock.advance(timedelta(hours=1))
    assert passes(ports, 2)[-1].waits["slack"] == 0
    assert "slack never took" in caplog.text
    assert "version_taken_back of churn" in caplog.text
