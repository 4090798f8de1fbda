"""PagerDuty, or whatever else speaks its Events API v2: an incident for each subject of a model, and its end."""

from typing import Any

from ...domain.errors import NotificationFailed
from ...domain.incidents import INCIDENT_STEPS, IncidentStep
from ...domain.notification import Notification
from ..addresses import KEEPS_SECRETS, keeps_secrets
from .fitting import listed, shortened
from .http_post import HttpPost
from .secret import Secret

# PagerDuty takes 1,024 characters, and 512 KB in all.
MAX_SUMMARY = 1_000
MAX_DETAILS = 20_000
_SEVERITIES = {"loud": "critical", "normal": "warning", "quiet": "info"}


class Pagerduty:
    """Channel that opens, acknowledges and resolves incidents; the secret is the key of the integration."""

    def __init__(self, secret: Secret, url: str, stage: str) -> None:
        self._secret, self._url, self._stage = secret, url, stage
        self._post = HttpPost("PagerDuty")

    def send(self, notification: Notification) -> None:
        step = INCIDENT_STEPS.get(notification.topic, IncidentStep("trigger", (notification.topic,)))
        for subject in step.subjects:
            body: dict[str, Any] = {"event_action": step.action, "dedup_key": self._key(notification, subject)}
            if step.action == "trigger":
                body["payload"] = self._payload(notification)
            self._send(body)

    def check(self) -> str:
        self._check_address()
        self._secret.read()
        return f"an integration of {self._url} is set up; whether its key is good shows with the first message"

    def _key(self, notification: Notification, subject: str) -> str:
        """Of several models together, or of none, there is one incident; a model by itself cannot end it."""
        about = notification.model_name if notification.models == 1 else None
        return f"auto-retrain/{self._stage}/{about or '*'}/{subject}"

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

    def _send(self, body: dict[str, Any]) -> None:
        self._check_address()
        self._post.send(self._url, {"routing_key": self._secret.read(), **body})

    def _check_address(self) -> None:
        # It comes from the deployment, not from the secret, so a changed secret cannot point elsewhere.
        if not keeps_secrets(self._url):
            raise NotificationFailed(f"PAGERDUTY_URL must be {KEEPS_SECRETS}")
