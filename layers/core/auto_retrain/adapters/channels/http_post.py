"""Posts to a channel over HTTP: in bounded time, to an allowed origin only, and without following a redirect."""

import json
from typing import Any
from urllib.parse import urlsplit

import requests

from ...domain.errors import NotificationFailed, NotificationRefused
from ..addresses import KEEPS_SECRETS, keeps_secrets
from ..http import Answer, Session, exchange

# To connect and between two bytes, and for a whole answer.
TIMEOUT_SECONDS = (2.0, 3.0)
ANSWER_SECONDS = 5.0
# What a server says of a message that it cannot read, rather than of itself or of us.
_OF_THE_MESSAGE = {
    requests.codes.bad_request,
    requests.codes.request_entity_too_large,
    requests.codes.unprocessable_entity,
}


class HttpPost:
    """Posts JSON for one channel, whose name is in each error; no error shows an address, which may be a secret."""

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self._session = Session()

    def send(self, url: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> Answer:
        """The answer, if it says that the message was taken.

        Raises NotificationFailed, and NotificationRefused if it is about this message.
        """
        sent: dict[str, Any] = {"json": body, "headers": headers}
        try:
            answer = exchange(self._session, "POST", url, timeout=TIMEOUT_SECONDS, seconds=ANSWER_SECONDS, **sent)
        except requests.RequestException as error:
            # The error's text contains the address, which may be the secret.
            raise NotificationFailed(f"{self._channel} did not answer: {type(error).__name__}") from None
        if answer.status in _OF_THE_MESSAGE:
            raise NotificationRefused(f"{self._channel} answered {answer.status}")
        if not 200 <= answer.status < 300:
            raise NotificationFailed(f"{self._channel} answered {answer.status}", answer.retry_after)
        return answer


def check_origin(url: str, allowed_origins: frozenset[str], variable: str) -> None:
    """Raise NotificationFailed unless the address is at an allowed origin, where nobody on the way can read it."""
    parts = urlsplit(url)
    if f"{parts.scheme}://{parts.netloc}" not in allowed_origins:
        allowed = ", ".join(sorted(allowed_origins))
        raise NotificationFailed(f"the address is not at an allowed origin; {variable} = {allowed}")
    if not keeps_secrets(url):
        raise NotificationFailed(f"the address must be {KEEPS_SECRETS}")


def fields_of(answer: Answer) -> dict[str, Any]:
    """The JSON object in an answer; empty for anything else."""
    try:
        fields = json.loads(answer.content)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}
