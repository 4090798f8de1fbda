"""Reads a channel's secret whenever a message is sent, so that it can be rotated at any time."""

from typing import Any

from ...domain.errors import NotificationFailed
from ..aws import translated


class Secret:
    """A secret of the Secrets Manager."""

    def __init__(self, client: Any, arn: str) -> None:
        self._client, self._arn = client, arn

    def read(self) -> str:
        with translated(NotificationFailed):
            return str(self._client.get_secret_value(SecretId=self._arn)["SecretString"]).strip()
