"""Slack by a webhook, whose address is a secret: one message for each notification."""

from ...domain.errors import NotificationRefused
from ...domain.notification import Notification
from .http_post import HttpPost, check_origin
from .secret import Secret
from .slack_blocks import message


class SlackWebhook:
    """Channel that posts to a webhook. A webhook does not say what it posted, so there are no threads."""

    def __init__(self, secret: Secret, allowed_origins: frozenset[str], stage: str) -> None:
        self._secret, self._allowed_origins, self._stage = secret, allowed_origins, stage
        self._post = HttpPost("Slack")

    def send(self, notification: Notification) -> None:
        answer = self._post.send(self._address(), message(notification, self._stage))
        # Slack reports some messages that it cannot read with the status of a success.
        if answer.text.strip() != "ok":
            raise NotificationRefused(f"Slack answered {answer.status} with '{answer.text.strip()[:80]}'")

    def check(self) -> str:
        self._address()
        return "a webhook of Slack is set up: one message for each fact, without threads"

    def _address(self) -> str:
        url = self._secret.read()
        check_origin(url, self._allowed_origins, "SLACK_ORIGINS")
        return url
