"""Slack by a webhook, whose address is a secret: one message for each notification."""

from ...domain.errors import NotificationRefused
from ...domain.notification import Notification
from ..http import Answer
from .http_post import HttpPost, check_origin, fields_of
from .secret import Secret
from .slack_blocks import message


class SlackWebhook:
    """Channel that posts to a webhook. A webhook does not say what it posted, so there are no threads."""

    def __init__(self, secret: Secret, allowed_origins: frozenset[str], stage: str) -> None:
        self._secret, self._allowed_origins, self._stage = secret, allowed_origins, stage
        self._post = HttpPost("Slack")

    def send(self, notification: Notification) -> None:
        answer = self._post.send(self._address(), message(notification, self._stage))
        if not _is_taken(answer):
            said = f"Slack answered {answer.status} with '{answer.text.strip()[:80]}'"
            raise NotificationRefused(f"{said}; whatever is in between has to pass on Slack's 'ok', or nothing")

    def check(self) -> str:
        self._address()
        return "a webhook of Slack is set up: one message for each fact, without threads"

    def _address(self) -> str:
        url = self._secret.read()
        check_origin(url, self._allowed_origins, "SLACK_ORIGINS")
        return url


def _is_taken(answer: Answer) -> bool:
    """Whether a success means that the message was taken.

    Slack says `ok`, what speaks like it says so in JSON, and a proxy may pass on only the status. Any other text is a
    refusal: Slack's own (`invalid_payload`, `no_text`) come with the status of a success, and so do pages to sign in.
    """
    said, fields = answer.text.strip(), fields_of(answer)
    return said.lower() in ("", "ok") or fields.get("ok") is True or fields.get("success") is True
