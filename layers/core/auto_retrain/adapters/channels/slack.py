"""Sends notifications to a Slack webhook, whose address is a secret."""

from typing import Any
from urllib.parse import urlsplit

import requests

from ...domain.errors import NotificationFailed
from ..addresses import KEEPS_SECRETS, keeps_secrets
from ..aws import translated
from ..http import Session, exchange

# To connect and between two bytes, and for a whole answer.
TIMEOUT_SECONDS = (2.0, 3.0)
ANSWER_SECONDS = 5.0


class SlackNotifier:
    """Notifier that posts to the webhook stored in Secrets Manager.

    Only allowed origins are called and redirects are not followed, so a changed secret cannot point elsewhere.
    """

    def __init__(self, secrets_client: Any, secret_arn: str, allowed_origins: frozenset[str]) -> None:
        self._secrets = secrets_client
        self._secret_arn = secret_arn
        self._allowed_origins = allowed_origins
        self._session = Session()

    def send(self, text: str) -> None:
        url, message = self._webhook(), {"text": _escaped(text)}
        try:
            answer = exchange(self._session, "POST", url, json=message, timeout=TIMEOUT_SECONDS, seconds=ANSWER_SECONDS)
        except requests.RequestException as error:
            # The error's text contains the address, which is the secret.
            raise NotificationFailed(f"Slack did not answer: {type(error).__name__}") from None
        if answer.status != requests.codes.ok:
            raise NotificationFailed(f"Slack answered {answer.status}")

    def _webhook(self) -> str:
        with translated(NotificationFailed):
            url = str(self._secrets.get_secret_value(SecretId=self._secret_arn)["SecretString"]).strip()
        parts = urlsplit(url)
        if f"{parts.scheme}://{parts.netloc}" not in self._allowed_origins:
            allowed = ", ".join(sorted(self._allowed_origins))
            raise NotificationFailed(
                f"the webhook in the secret is not at an allowed origin; SLACK_ORIGINS = {allowed}"
            )
        if not keeps_secrets(url):
            raise NotificationFailed(f"the webhook in the secret must be {KEEPS_SECRETS}")
        return url


class SilentNotifier:
    """Notifier of a deployment without a webhook."""

    def send(self, text: str) -> None:
        """Do nothing."""


def _escaped(text: str) -> str:
    """Slack turns <...> into links and mentions; names in a text must stay plain text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
