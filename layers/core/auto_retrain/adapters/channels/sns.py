"""An SNS topic: e-mail, SMS, queues, or whatever subscribes to it."""

from typing import Any

from ...domain.errors import NotificationFailed
from ...domain.notification import Notification
from ..aws import translated
from .fitting import listed, shortened

# SNS takes 256 KB, and subjects of 100 characters of ASCII.
MAX_SUBJECT = 100
MAX_TEXT = 30_000


class SnsTopic:
    """Channel that publishes on a topic; its attributes let subscriptions filter by severity, topic and model."""

    def __init__(self, client: Any, topic_arn: str, stage: str) -> None:
        self._client, self._topic_arn, self._stage = client, topic_arn, stage

    def send(self, notification: Notification) -> None:
        subject = shortened(f"[{self._stage}] {notification.title}", MAX_SUBJECT)
        about = {
            "severity": notification.severity,
            "topic": notification.topic,
            "model_name": notification.model_name,
            "job_id": notification.job_id,
            "event_id": notification.event_id,
        }
        attributes = {name: {"DataType": "String", "StringValue": value} for name, value in about.items() if value}
        with translated(NotificationFailed):
            self._client.publish(
                TopicArn=self._topic_arn,
                Subject=subject.encode("ascii", "replace").decode(),
                Message=_text(notification),
                MessageAttributes=attributes,
            )

    def check(self) -> str:
        with translated(NotificationFailed):
            self._client.get_topic_attributes(TopicArn=self._topic_arn)
        return f"the topic {self._topic_arn} is there"


def _text(notification: Notification) -> str:
    text = shortened(notification.text, MAX_TEXT)
    lines = [text, *listed(notification.lines, MAX_TEXT)]
    about = [f"At {notification.at:%F %H:%M} UTC", f"job {notification.job_id}" if notification.job_id else ""]
    page = [f"Page: {notification.page}"] if notification.page else []
    return "\n".join([*lines, "", ", ".join(filter(None, about)), *page])
