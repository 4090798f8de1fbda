"""PagerDuty: an incident for each subject of a model, which what ends it acknowledges or resolves."""

from collections.abc import Iterator

import pytest

from auto_retrain.adapters.channels.pagerduty import Pagerduty
from auto_retrain.domain.channels import SEVERITIES
from auto_retrain.domain.errors import NotificationFailed
from auto_retrain.domain.incidents import INCIDENT_STEPS
from tests.contracts.ports.channels import CANARY, a_secret, pagerduty_channel
from tests.contracts.ports.test_channels import NOTIFICATION
from tests.webhook import Webhook


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as webhook:
        yield webhook


def test_a_rollback_opens_an_incident(webhook: Webhook) -> None:
    pagerduty_channel(webhook).send(NOTIFICATION)
    (body,) = webhook.received
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
    for topic in ("version_taken_back", "failure_acknowledged", "job_promoted"):
        channel.send(NOTIFICATION.changed(topic=topic))
    assert [(body["event_action"], body["dedup_key"].rpartition("/")[2]) for body in webhook.received] == [
        ("trigger", "taken_back"),
        ("acknowledge", "taken_back"),
        ("resolve", "taken_back"),
        ("resolve", "not_promoted"),
    ]
    assert [("payload" in body) for body in webhook.received] == [True, False, False, False]


def test_many_models_are_one_incident_that_none_of_them_ends(webhook: Webhook) -> None:
    pagerduty_channel(webhook).send(NOTIFICATION.changed(models=80, lines=("one",) * 80, text="x" * 30_000))
    (body,) = webhook.received
    assert body["dedup_key"] == "auto-retrain/dev/*/taken_back"
    assert len(body["payload"]["summary"]) <= 1_024
    assert body["payload"]["custom_details"]["lines"][-1] == "and 35 more"


def test_every_loud_fact_opens_an_incident_and_what_ends_one_ends_one_that_is_opened() -> None:
    opened = {subject for step in INCIDENT_STEPS.values() if step.action == "trigger" for subject in step.subjects}
    loud = {topic for topic, severity in SEVERITIES.items() if severity == "loud"}
    assert {topic for topic, step in INCIDENT_STEPS.items() if step.action == "trigger"} == loud
    assert set(INCIDENT_STEPS) <= set(SEVERITIES)
    assert {subject for step in INCIDENT_STEPS.values() for subject in step.subjects} == opened


def test_a_key_is_not_sent_in_clear() -> None:
    with pytest.raises(NotificationFailed, match="PAGERDUTY_URL must be an https address"):
        Pagerduty(a_secret(CANARY), "http://pager.example/v2/enqueue", "dev").send(NOTIFICATION)
