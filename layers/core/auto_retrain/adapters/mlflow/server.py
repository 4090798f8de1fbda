"""Requests to an MLflow server, repeated for a moment while it is busy, with our credentials if there are any."""

import math
import time
from collections.abc import Iterator
from typing import Any, TypeVar

import requests
from pydantic import ValidationError
from requests.adapters import HTTPAdapter

from ...domain.errors import RegistryRefused, RegistryUnavailable, SettingInvalid
from ..addresses import KEEPS_SECRETS, keeps_secrets
from ..aws import CONNECTIONS
from ..http import MAX_ANSWER_BYTES, TIMEOUT_SECONDS, Answer, Session, exchange, pieces
from .answers import Document, message_of
from .credentials import SecretCredentials

# After each attempt. Few, because the state machine retries for minutes.
_DELAYS_SECONDS = (0.1, 0.2, math.inf)
# No attempt begins later than this, whatever pause the server asks for.
PATIENCE_SECONDS = 5.0
_BUSY = frozenset({408, 429, 502, 503, 504})
_UNAUTHORIZED = 401

Expected = TypeVar("Expected", bound=Document)


class Server:
    """Raises RegistryUnavailable for what may pass, RegistryRefused for what will not."""

    def __init__(self, address: str, credentials: SecretCredentials | None = None) -> None:
        if credentials and not keeps_secrets(address):
            raise SettingInvalid("MLFLOW_TRACKING_URI", address, f"{KEEPS_SECRETS}, as there are credentials for it")
        self.address = address
        self._credentials = credentials
        self._session = Session()
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=CONNECTIONS))
        self._session.auth = credentials

    def ask(self, method: str, path: str, **content: Any) -> Answer:
        """Call the REST API."""
        return self.request(method, f"{self.address}/api/2.0/mlflow/{path}", **content)

    def request(self, method: str, url: str, **content: Any) -> Answer:
        answer = self._patiently(method, url, content)
        if answer.status == _UNAUTHORIZED and self._are_renewed():
            answer = self._patiently(method, url, content)
        return answer

    def download(self, url: str, parameters: dict[str, str], end: float) -> Iterator[bytes]:
        """The pieces of a file of any size, until a moment of the monotonic clock."""
        try:
            with self._session.get(url, params=parameters, timeout=TIMEOUT_SECONDS, stream=True) as response:
                if response.status_code != requests.codes.ok:
                    problem = b"".join(pieces(response, end, MAX_ANSWER_BYTES))
                    raise self.refusal(Answer(response.status_code, response.headers, problem))
                yield from pieces(response, end)
        except requests.RequestException as error:
            raise self._silence(error) from error

    def parsed(self, answer: Answer, kind: type[Expected]) -> Expected:
        """The document in an answer."""
        if answer.status >= 300:
            raise self.refusal(answer)
        try:
            return kind.model_validate_json(answer.content)
        except ValidationError as error:
            raise self.not_mlflow(answer) from error

    def refusal(self, answer: Answer) -> RegistryRefused | RegistryUnavailable:
        """The error that an answer means."""
        if answer.status < 400:
            # A proxy or login page in between answers with a redirect or an HTML page.
            return self.not_mlflow(answer)
        # Credentials are unknown for a moment while they are rotated.
        is_rotating = answer.status == _UNAUTHORIZED and self._credentials is not None
        may_pass = answer.status >= 500 or answer.status in _BUSY or is_rotating
        return RegistryUnavailable(message_of(answer)) if may_pass else RegistryRefused(message_of(answer))

    def not_mlflow(self, answer: Answer) -> RegistryUnavailable:
        return RegistryUnavailable(f"not an MLflow server at {self.address}? It answered {answer.status}")

    def _silence(self, error: requests.RequestException) -> RegistryUnavailable:
        return RegistryUnavailable(f"MLflow at {self.address} did not answer: {error}")

    def _are_renewed(self) -> bool:
        return self._credentials is not None and self._credentials.renew()

    def _patiently(self, method: str, url: str, content: dict[str, Any]) -> Answer:
        """Send a request, up to three times while the server is busy, unless it asks for a long pause."""
        end = time.monotonic() + PATIENCE_SECONDS
        for delay in _DELAYS_SECONDS:
            try:
                answer = exchange(self._session, method, url, **content)
            except requests.RequestException as error:
                problem: Exception = self._silence(error)
            else:
                if answer.status not in _BUSY:
                    return answer
                problem, delay = self.refusal(answer), max(delay, answer.retry_after)
            if time.monotonic() + delay > end:
                break
            time.sleep(delay)
        raise problem
