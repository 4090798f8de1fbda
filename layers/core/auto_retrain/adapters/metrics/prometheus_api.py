"""The HTTP API of a Prometheus server, or Amazon Managed Prometheus: whole answers, or what is wrong with them."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import requests

from ...domain.errors import MetricsUnavailable, SettingInvalid
from ..addresses import KEEPS_SECRETS, check_address, keeps_secrets
from ..http import Session, exchange

_MAY_PASS = frozenset({408, 429, 500, 502, 503, 504})
_MAX_MESSAGE_LENGTH = 300
# Some servers answer with what they have at hand, and say so beside the values: VictoriaMetrics in `isPartial`.
_PARTIAL = frozenset({"partial", "ispartial", "partialresponse"})
_MESSAGES = ("error", "warnings", "infos")
UNEXPECTED = (ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError)

Sign = Callable[[str, bytes, Mapping[str, str]], Mapping[str, str]]


class PrometheusApi:
    """Range queries; `sign` returns the headers of a signed request."""

    def __init__(self, url: str, sign: Sign | None = None) -> None:
        check_address("PROMETHEUS_URL", url)
        # A signed request holds a session token.
        if sign and not keeps_secrets(url):
            raise SettingInvalid("PROMETHEUS_URL", url, f"{KEEPS_SECRETS}, because its requests are signed")
        self._url = f"{url.rstrip('/')}/api/v1/query_range"
        self._sign = sign
        self._session = Session()
        # Ignore the environment's proxies and netrc files.
        self._session.trust_env = False

    def answer(self, form: Mapping[str, str]) -> tuple[bytes, str | None]:
        """The answer to a range query, and why it was refused, if it was; raises MetricsUnavailable."""
        status, content = self._post(urlencode(form).encode())
        if status in _MAY_PASS:
            raise MetricsUnavailable(f"Prometheus answered {status}: {_message(content)}")
        return content, None if status == 200 else f"Prometheus answered {status}: {_message(content)}"

    def _post(self, body: bytes) -> tuple[int, bytes]:
        headers: Mapping[str, str] = {"Content-Type": "application/x-www-form-urlencoded"}
        if self._sign:
            headers = self._sign(self._url, body, headers)
        try:
            answer = exchange(self._session, "POST", self._url, data=body, headers=headers)
        except requests.RequestException as error:
            raise MetricsUnavailable(f"Prometheus did not answer: {error}") from error
        return answer.status, answer.content


def _message(content: bytes) -> str:
    try:
        text = str(json.loads(content)["error"])
    except (ValueError, KeyError, TypeError, RecursionError):
        text = content.decode(errors="replace")
    return quoted(text)


def problem_of(document: Any) -> str | None:
    """What makes the whole answer unusable, if anything does."""
    if document["status"] != "success":
        return f"Prometheus answered with the status {quoted(document['status'])}"
    kind = document["data"]["resultType"]
    if kind != "matrix":
        return f"Prometheus answered with a {quoted(kind)} instead of a matrix"
    for part in (document, document["data"]):
        if any(value for name, value in part.items() if name.replace("_", "").lower() in _PARTIAL):
            return "Prometheus answered with a part of the data only"
    messages = [document.get(name) for name in _MESSAGES]
    lists = [message if isinstance(message, list) else [message] for message in messages if message]
    return quoted("; ".join(str(text) for each in lists for text in each)) or None


def escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def number_of(value: Any) -> float:
    # float() takes both for numbers.
    if isinstance(value, bool) or "_" in str(value):
        raise TypeError
    return float(value)


def quoted(text: Any) -> str:
    return " ".join(str(text).split())[:_MAX_MESSAGE_LENGTH]


def unexpected(error: Exception) -> str:
    return f"Prometheus answered in an unexpected format ({type(error).__name__})"
