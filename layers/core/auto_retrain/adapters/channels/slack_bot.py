"""Slack by the token of a bot: one thread for each job, whose first message shows the newest state."""

from contextlib import suppress
from typing import Any, Protocol

from ...domain.base import Record, UtcTime
from ...domain.errors import NotificationFailed, NotificationRefused, TransientError
from ...domain.notification import Notification
from .http_post import HttpPost, check_origin, fields_of
from .secret import Secret
from .slack_blocks import message

API = "https://slack.com/api"
_OF_THE_MESSAGE = {"invalid_blocks", "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long", "no_text"}
_FIRST_IS_GONE = {"message_not_found", "thread_not_found", "cant_update_message", "edit_window_closed"}


class Thread(Record):
    """The first message of a thread, and when what it shows happened."""

    channel: str
    ts: str
    at: UtcTime


class Threads(Protocol):
    """Which thread belongs to a job."""

    def of(self, job_id: str) -> Thread | None: ...

    def save(self, job_id: str, thread: Thread) -> None: ...


class _FirstIsGone(NotificationFailed):
    """The first message of a thread was deleted, or cannot be changed any more."""


class SlackBot:
    """Channel that posts to one Slack channel. What belongs to no job gets no thread."""

    def __init__(
        self,
        secret: Secret,
        channel: str,
        threads: Threads,
        allowed_origins: frozenset[str],
        stage: str,
        api: str = API,
    ) -> None:
        self._secret, self._channel, self._threads = secret, channel, threads
        self._allowed_origins, self._stage, self._api = allowed_origins, stage, api
        self._post = HttpPost("Slack")

    def send(self, notification: Notification) -> None:
        job_id = notification.job_id
        thread = self._threads.of(job_id) if job_id else None
        content = message(notification, self._stage)
        if job_id and thread and self._is_continued(job_id, thread, notification, content):
            return
        ts = self._call("chat.postMessage", {"channel": self._channel, **content})["ts"]
        if job_id:
            # It is posted: without this the next fact begins another thread, with an error it would be posted again.
            with suppress(TransientError):
                self._threads.save(job_id, Thread(channel=self._channel, ts=str(ts), at=notification.at))

    def check(self) -> str:
        answer = self._call("auth.test", {})
        return f"Slack knows the bot as '{answer.get('user')}' in '{answer.get('team')}'; it posts to {self._channel}"

    def _is_continued(self, job_id: str, thread: Thread, notification: Notification, content: dict[str, Any]) -> bool:
        """Show the newest state in the first message, then add to its thread; false if somebody deleted it."""
        place = {"channel": thread.channel}
        try:
            if notification.at >= thread.at:
                # Before the reply: shown again, it is the same, and a reply would be there twice.
                self._call("chat.update", {**place, "ts": thread.ts, **content})
                self._threads.save(job_id, thread.changed(at=notification.at))
            loud = {"reply_broadcast": True} if notification.severity == "loud" else {}
            self._call("chat.postMessage", {**place, "thread_ts": thread.ts, **loud, **content})
        except _FirstIsGone:
            return False
        return True

    def _call(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        url = f"{self._api}/{method}"
        check_origin(url, self._allowed_origins, "SLACK_ORIGINS")
        answer = self._post.send(url, body, {"Authorization": f"Bearer {self._secret.read()}"})
        fields = fields_of(answer)
        if fields.get("ok") is True:
            return fields
        problem = str(fields.get("error", "no answer that can be read"))[:80]
        if problem in _FIRST_IS_GONE:
            raise _FirstIsGone(problem)
        kind = NotificationRefused if problem in _OF_THE_MESSAGE else NotificationFailed
        raise kind(f"Slack answered '{problem}' to {method}", answer.retry_after)
