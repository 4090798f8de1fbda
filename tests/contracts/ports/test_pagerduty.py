"""PagerDuty: an incident for each subject of a model, which what ends it acknowledges or resolves."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from auto_retrain.adapters.channels.pagerduty import Pagerduty, Parts
from auto_retrain.adapters.dynamodb.incident_parts import DynamoParts
from auto_retrain.adapters.dynamodb.table import Table
from auto_retrain.adapters.memory import MemoryClock
from auto_retrain.domain.channels import SEVERITIES
from auto_retrain.domain.errors import NotificationFailed
from auto_retrain.domain.incidents import INCIDENT_STEPS
from auto_retrain.domain.notification import Notification
from tests.contracts.ports.aws_world import create_table
from tests.contracts.ports.channels import CANARY, IncidentParts, a_secret, pagerduty_channel
from tests.contracts.ports.test_channels import NOTIFICATION
from tests.unit.builders import NOON
from tests.webhook import Webhook

MINUTE = timedelta(minutes=1)
MORNING = NOON - 60 * MINUTE


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as webhook:
        yield webhook


def test_a_rollback_opens_an_incident(webhook: Webhook) -> None:
    pagerduty_channel(webhook).send(NOTIFICATION)
    body, _ = webhook.received
    assert body["payload"].pop("custom_details")["event_id"] == "churn-taken-back-3"
    assert body == {
        "routing_key": CANARY,
        "event_action": "trigger",
        "dedup_key": "auto-retrain/dev/churn/taken_back",
        "payload": {
            "summary": "Version taken back: churn: auto-retrain took back version 3 of churn",
            "source": "auto-retrain.dev",
            "severity": "critical",
            "timestamp": "2026-03-01T12:00:00+00:00",
            "component": "churn",
            "class": "version_taken_back",
        },
    }


def test_what_follows_has_the_key_of_what_it_ends(webhook: Webhook) -> None:
    channel = pagerduty_channel(webhook)
    for topic in ("champions_failed", "failure_acknowledged", "job_promoted"):
        channel.send(NOTIFICATION.changed(topic=topic))
    assert actions(webhook) == [
        ("trigger", "churn/taken_back"),
        ("acknowledge", "churn/taken_back"),
        ("resolve", "churn/taken_back"),
        ("resolve", "churn/not_promoted"),
        ("resolve", "churn/serving"),
        ("resolve", "churn/rollout_pause"),
        ("resolve", "churn/budget"),
    ]
    assert [("payload" in body) for body in webhook.received] == [True, *[False] * 6]


def test_what_is_taken_back_is_on_pause_no_longer(webhook: Webhook) -> None:
    pagerduty_channel(webhook).send(NOTIFICATION)
    assert actions(webhook) == [("trigger", "churn/taken_back"), ("resolve", "churn/rollout_pause")]


def test_many_models_are_one_incident_with_a_list(webhook: Webhook) -> None:
    names = tuple(f"m-{number}" for number in range(80))
    about = {"topic": "quarantine_set", "models": 80, "model_names": names, "incident": "clicks/2026-03-01T12"}
    channel = pagerduty_channel(webhook)
    channel.send(NOTIFICATION.changed(**about, lines=("one",) * 80, text="x" * 30_000, page="https://pages/fleet.html"))
    (body,) = webhook.received
    assert body["dedup_key"] == "auto-retrain/dev/*/quarantine/clicks/2026-03-01T12"
    assert body["links"] == [{"href": "https://pages/fleet.html", "text": "Page"}]
    assert len(body["payload"]["summary"]) <= 1_024
    assert body["payload"]["custom_details"]["lines"][-1] == "and 35 more"


def stored_parts() -> Parts:
    return DynamoParts(Table(create_table("jobs"), "jobs"), MemoryClock(NOON))


EVERY_PARTS = pytest.mark.parametrize("parts", [IncidentParts, stored_parts], ids=["memory", "table"])


@EVERY_PARTS
def test_an_incident_of_many_ends_with_the_last_of_them(
    webhook: Webhook, aws: None, parts: Callable[[], Parts]
) -> None:
    channel = pagerduty_channel(webhook, parts())

    def send(topic: str, *names: str, hour: str = "12") -> list[tuple[str, str]]:
        about = {"models": len(names), "model_name": names[0]}
        many = {"model_names": names, "incident": f"clicks/{hour}"} if len(names) > 1 else {}
        before = len(webhook.received)
        channel.send(NOTIFICATION.changed(topic=topic, event_id=f"{topic}-{names}", **about, **many))
        return [each for each in actions(webhook)[before:] if each[1].startswith("*")]

    shared = "*/taken_back/clicks/12"
    assert send("champions_failed", "churn", "fraud") == [("trigger", shared)]
    assert send("champions_failed", "churn", "spam") == [("trigger", shared)]
    assert send("champions_failed", "churn", "other", hour="13") == [("trigger", "*/taken_back/clicks/13")]
    assert send("failure_acknowledged", "churn") == []
    assert send("failure_acknowledged", "fraud") == []
    assert send("failure_acknowledged", "spam") == [("acknowledge", shared)]
    assert send("failure_acknowledged", "spam") == [("acknowledge", shared)]
    assert send("job_promoted", "fraud") == []
    assert send("job_promoted", "churn") == []
    webhook.answer = 500
    with pytest.raises(NotificationFailed):
        send("job_promoted", "spam")
    webhook.answer = 202
    assert send("job_promoted", "spam") == [("resolve", shared)]
    assert send("job_promoted", "spam") == []
    assert send("job_promoted", "other") == [("resolve", "*/taken_back/clicks/13")]


@EVERY_PARTS
def test_a_message_that_comes_late_or_twice_opens_nothing_that_has_ended_since(
    webhook: Webhook, aws: None, parts: Callable[[], Parts]
) -> None:
    channel = pagerduty_channel(webhook, parts())

    def send(topic: str, name: str, minute: int) -> list[tuple[str, str]]:
        return sent(NOTIFICATION.changed(topic=topic, model_name=name, at=MORNING + minute * MINUTE))

    def send_many(minutes: dict[str, int]) -> list[tuple[str, str]]:
        last_at = {name: MORNING + minute * MINUTE for name, minute in minutes.items()}
        about = {"models": len(minutes), "model_names": tuple(minutes), "incident": "clicks/12"}
        return sent(NOTIFICATION.changed(topic="quarantine_set", last_at=last_at, **about))

    def sent(notification: Notification) -> list[tuple[str, str]]:
        before = len(webhook.received)
        channel.send(notification)
        return actions(webhook)[before:]

    shared = "*/quarantine/clicks/12"
    assert send("quarantine_set", "churn", 0) == [("trigger", "churn/quarantine")]
    assert send("quarantine_lifted", "churn", 9) == [("resolve", "churn/quarantine")]
    assert send("quarantine_lifted", "churn", 8) == [("resolve", "churn/quarantine")]
    assert send("quarantine_set", "churn", 0) == []
    assert send_many({"churn": 0}) == []
    # What is new in one list counts, also for the model whose part of another one has ended.
    assert send_many({"churn": 0, "fraud": 1}) == [("trigger", shared)]
    assert send("quarantine_lifted", "fraud", 10) == [("resolve", "fraud/quarantine"), ("resolve", shared)]
    assert send_many({"churn": 0, "fraud": 1}) == []
    assert send_many({"churn": 11, "fraud": 1}) == [("trigger", shared)]
    assert send("quarantine_set", "fraud", 12) == [("trigger", "fraud/quarantine")]
    assert send("quarantine_lifted", "churn", 13) == [("resolve", "churn/quarantine"), ("resolve", shared)]


@EVERY_PARTS
def test_an_end_by_a_clock_that_is_fast_hides_nothing_that_comes_after_it(
    webhook: Webhook, aws: None, parts: Callable[[], Parts]
) -> None:
    channel = pagerduty_channel(webhook, parts())
    channel.send(NOTIFICATION.changed(topic="policy_applied", at=NOON + 30 * MINUTE))
    channel.send(NOTIFICATION.changed(topic="pause_of_model_lasts", at=NOON + MINUTE))
    assert actions(webhook)[-1] == ("trigger", "churn/pause")


def actions(webhook: Webhook) -> list[tuple[str, str]]:
    return [(body["event_action"], body["dedup_key"].removeprefix("auto-retrain/dev/")) for body in webhook.received]


def test_every_loud_fact_opens_an_incident_and_each_has_a_fact_that_ends_it() -> None:
    steps = [(topic, step) for topic, of_topic in INCIDENT_STEPS.items() for step in of_topic]
    loud = {topic for topic, severity in SEVERITIES.items() if severity == "loud"}
    assert {topic for topic, step in steps if step.action == "trigger"} == loud
    assert set(INCIDENT_STEPS) <= set(SEVERITIES)
    opened, ended = (
        {subject for _, step in steps if step.action == action for subject in step.subjects}
        for action in ("trigger", "resolve")
    )
    assert opened == ended


def test_a_key_is_not_sent_in_clear() -> None:
    with pytest.raises(NotificationFailed, match="PAGERDUTY_URL must be an https address"):
        Pagerduty(a_secret(CANARY), "http://pager.example/v2/enqueue", IncidentParts(), "dev").send(NOTIFICATION)
