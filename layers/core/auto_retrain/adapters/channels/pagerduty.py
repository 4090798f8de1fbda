"""PagerDuty, or whatever else speaks its Events API v2: an incident for each subject of a model, and its end."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from ...domain.errors import NotificationFailed
from ...domain.incidents import INCIDENT_STEPS, Action, IncidentStep
from ...domain.notification import Notification
from ..addresses import KEEPS_SECRETS, keeps_secrets
from .fitting import listed, shortened
from .http_post import HttpPost
from .secret import Secret

# PagerDuty takes 1,024 characters, and 512 KB in all.
MAX_SUMMARY = 1_000
MAX_DETAILS = 20_000
_SEVERITIES = {"loud": "critical", "normal": "warning", "quiet": "info"}


class Parts(Protocol):
    """Which models an open incident of several is still about, by its key; each ends with the last of them.

    What is over stays over: a message about what happened before that, be it late or delivered twice, opens nothing.
    """

    def not_ended(self, subject: str, last_at: Mapping[str, datetime]) -> list[str]:
        """The models whose part has not ended since it last happened to them."""

    def open(self, subject: str, key: str, event_id: str, model_names: Sequence[str]) -> None:
        """Note the models of a message, besides those that the incident has from others."""

    def acknowledge(self, subject: str, model_name: str) -> list[str]:
        """The part of a model is known; returns the incidents with this model of which all parts are."""

    def end(self, subject: str, model_name: str, at: datetime) -> list[str]:
        """The part of a model ended then; returns the incidents of which all parts have, until they are forgotten."""

    def forget(self, subject: str, key: str) -> None:
        """An incident was resolved."""


class Pagerduty:
    """Channel that opens, acknowledges and resolves incidents; the secret is the key of the integration."""

    def __init__(self, secret: Secret, url: str, parts: Parts, stage: str) -> None:
        self._secret, self._url, self._parts, self._stage = secret, url, parts, stage
        self._post = HttpPost("PagerDuty")

    def send(self, notification: Notification) -> None:
        steps = INCIDENT_STEPS.get(notification.topic, (IncidentStep("trigger", (notification.topic,)),))
        for step in steps:
            for subject in step.subjects:
                if step.action == "trigger":
                    self._open(notification, subject)
                else:
                    self._follow(step.action, notification, subject)

    def check(self) -> str:
        self._check_address()
        self._secret.read()
        return f"an integration of {self._url} is set up; whether its key is good shows with the first message"

    def _open(self, notification: Notification, subject: str) -> None:
        """Of several models together there is one incident, which ends with the last of them."""
        times = notification.times
        names = self._parts.not_ended(subject, times)
        if times and not names:
            return
        if notification.models == 1:
            self._send("trigger", self._key(notification.model_name, subject), notification)
            return
        key = self._key(None, subject, notification.incident)
        # Before it is opened: what nobody knows of could never end.
        self._parts.open(subject, key, notification.event_id, names)
        self._send("trigger", key, notification)

    def _follow(self, action: Action, notification: Notification, subject: str) -> None:
        for name, at in notification.times.items():
            if action == "acknowledge":
                for key in (self._key(name, subject), *self._parts.acknowledge(subject, name)):
                    self._send(action, key)
                continue
            shared = self._parts.end(subject, name, at)
            self._send(action, self._key(name, subject))
            for key in shared:
                self._send(action, key)
                self._parts.forget(subject, key)

    def _key(self, model_name: str | None, subject: str, incident: str | None = None) -> str:
        key = f"auto-retrain/{self._stage}/{model_name or '*'}/{subject}"
        return f"{key}/{incident}" if incident else key

    def _payload(self, notification: Notification) -> dict[str, Any]:
        text = f"{notification.title}: {notification.text}"
        details = {"text": notification.text[:MAX_DETAILS], "lines": listed(notification.lines, MAX_DETAILS)}
        return {
            "summary": shortened(text, MAX_SUMMARY),
            "source": f"auto-retrain.{self._stage}",
            "severity": _SEVERITIES[notification.severity],
            "timestamp": notification.at.isoformat(),
            "component": notification.model_name or "fleet",
            "class": notification.topic,
            "custom_details": {**details, "job_id": notification.job_id, "event_id": notification.event_id},
        }

    def _send(self, action: Action, key: str, notification: Notification | None = None) -> None:
        self._check_address()
        body: dict[str, Any] = {"routing_key": self._secret.read(), "event_action": action, "dedup_key": key}
        if notification:
            body["payload"] = self._payload(notification)
            if notification.page:
                body["links"] = [{"href": notification.page, "text": "Page"}]
        self._post.send(self._url, body)

    def _check_address(self) -> None:
        # It comes from the deployment, not from the secret, so a changed secret cannot point elsewhere.
        if not keeps_secrets(self._url):
            raise NotificationFailed(f"PAGERDUTY_URL must be {KEEPS_SECRETS}")
