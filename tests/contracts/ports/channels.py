"""Every channel with what is on its other side, so that one suite can try them all."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from auto_retrain.adapters.channels.pagerduty import Pagerduty, Parts
from auto_retrain.adapters.channels.secret import Secret
from auto_retrain.adapters.channels.slack import SlackWebhook
from auto_retrain.adapters.channels.slack_bot import SlackBot, Thread
from auto_retrain.adapters.channels.slack_bot import Threads as SlackThreads
from auto_retrain.adapters.channels.sns import SnsTopic
from auto_retrain.adapters.memory.outside import MemoryChannel
from auto_retrain.domain.errors import NotificationFailed
from auto_retrain.ports import Channel
from tests.aws_clients import aws_client
from tests.unit.builders import NOON
from tests.webhook import Webhook

CANARY = "canary-T0K3N"
SENT = json.dumps({"ok": True, "ts": "1.2", "user": "retrain", "team": "ml"})


class OneSecret:
    """A Secrets Manager with one secret; it ends with the line break that files end with."""

    def __init__(self, value: str) -> None:
        self._value = value

    def get_secret_value(self, **_: str) -> dict[str, str]:
        return {"SecretString": f"{self._value}\n"}


class Threads:
    """Threads in a dictionary."""

    def __init__(self) -> None:
        self.by_job: dict[str, Thread] = {}

    def of(self, job_id: str) -> Thread | None:
        return self.by_job.get(job_id)

    def save(self, job_id: str, thread: Thread) -> None:
        self.by_job[job_id] = thread


class IncidentParts:
    """Parts in dictionaries, at noon."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, str], set[str]] = {}
        self._unknown: dict[tuple[str, str], set[str]] = {}
        self._ended: dict[tuple[str, str], datetime] = {}

    def not_ended(self, subject: str, last_at: Mapping[str, datetime]) -> list[str]:
        return [
            name
            for name, at in last_at.items()
            if (subject, name) not in self._ended or self._ended[subject, name] < at
        ]

    def open(self, subject: str, key: str, event_id: str, model_names: Sequence[str]) -> None:
        for kept in (self._open, self._unknown):
            if model_names:
                kept.setdefault((subject, key), set()).update(model_names)

    def acknowledge(self, subject: str, model_name: str) -> list[str]:
        mine = [place for place, names in self._open.items() if place[0] == subject and model_name in names]
        for place in mine:
            self._unknown[place].discard(model_name)
        return [place[1] for place in mine if not self._unknown[place]]

    def end(self, subject: str, model_name: str, at: datetime) -> list[str]:
        ended = min(at, NOON)
        self._ended[subject, model_name] = max(ended, self._ended.get((subject, model_name), ended))
        of_subject = [place for place in self._open if place[0] == subject]
        for place in of_subject:
            self._open[place].discard(model_name)
            self._unknown[place].discard(model_name)
        return [place[1] for place in of_subject if not self._open[place]]

    def forget(self, subject: str, key: str) -> None:
        self._open.pop((subject, key), None)
        self._unknown.pop((subject, key), None)


class Reached(NamedTuple):
    """A channel, the texts that arrived on its other side, how to break it, and its server if it is reached by HTTP."""

    channel: Channel
    arrived: Callable[[], list[str]]
    break_it: Callable[[], None]
    webhook: Webhook | None = None


def a_secret(value: str) -> Secret:
    return Secret(OneSecret(value), "arn")


def webhook_channel(webhook: Webhook, *origins: str) -> SlackWebhook:
    address = f"{webhook.origin}/services/T/B/{CANARY}"
    return SlackWebhook(a_secret(address), frozenset(origins or [webhook.origin]), "dev")


def bot_channel(webhook: Webhook, threads: SlackThreads | None = None) -> SlackBot:
    webhook.reply = SENT
    api = f"{webhook.origin}/api"
    return SlackBot(a_secret(CANARY), "C0123456", threads or Threads(), frozenset([webhook.origin]), "dev", api)


def pagerduty_channel(webhook: Webhook, parts: Parts | None = None) -> Pagerduty:
    webhook.answer, webhook.reply = 202, '{"status": "success"}'
    return Pagerduty(a_secret(CANARY), f"{webhook.origin}/v2/enqueue", parts or IncidentParts(), "dev")


@contextmanager
def in_memory() -> Iterator[Reached]:
    channel = MemoryChannel()

    def break_it() -> None:
        channel.error = NotificationFailed("away")

    yield Reached(channel, lambda: channel.texts, break_it)


@contextmanager
def over_http(build: Callable[[Webhook], Channel]) -> Iterator[Reached]:
    with Webhook() as webhook:
        channel = build(webhook)

        def arrived() -> list[str]:
            return [json.dumps(call.body, ensure_ascii=False) for call in webhook.calls]

        yield Reached(channel, arrived, lambda: setattr(webhook, "answer", 500), webhook)


@contextmanager
def on_topic() -> Iterator[Reached]:
    """A topic of moto with a queue that hears it."""
    sns, sqs = aws_client("sns"), aws_client("sqs")
    topic = sns.create_topic(Name="people")["TopicArn"]
    queue = sqs.create_queue(QueueName="people")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def arrived() -> list[str]:
        answer: Any = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [json.loads(message["Body"])["Message"] for message in answer.get("Messages", [])]

    yield Reached(SnsTopic(sns, topic, "dev"), arrived, lambda: sns.delete_topic(TopicArn=topic))


CHANNELS = {
    "memory": in_memory,
    "slack webhook": lambda: over_http(webhook_channel),
    "slack bot": lambda: over_http(bot_channel),
    "sns": on_topic,
    "pagerduty": lambda: over_http(pagerduty_channel),
}
