"""Slack: limits, markup, addresses, and the threads of a bot."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from auto_retrain.adapters.channels.slack import SlackWebhook
from auto_retrain.adapters.channels.slack_blocks import MAX_IN_ALL, MAX_TEXT, message
from auto_retrain.adapters.channels.slack_bot import Thread
from auto_retrain.domain.errors import NotificationFailed, NotificationRefused, StoreUnavailable
from auto_retrain.domain.notification import as_one
from tests.contracts.ports.channels import CANARY, Threads, a_secret, bot_channel, webhook_channel
from tests.contracts.ports.test_channels import NOTIFICATION
from tests.unit.builders import NOON
from tests.webhook import Webhook

OF_JOB = NOTIFICATION.changed(job_id="churn-1", topic="review_requested", severity="normal")


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as webhook:
        yield webhook


def texts_in(part: Any) -> list[str]:
    """Every text in a message, wherever it is."""
    if isinstance(part, dict):
        own = [part["text"]] if isinstance(part.get("text"), str) else []
        return own + [text for value in part.values() for text in texts_in(value)]
    return [text for value in part for text in texts_in(value)] if isinstance(part, list) else []


def test_an_incident_of_eighty_models_is_one_message_that_counts_what_it_does_not_list() -> None:
    lines = tuple(f"09:{number % 60:02} version 3 of gl-{number:02} was taken back: errors" for number in range(80))
    sent = message(NOTIFICATION.changed(title="Version taken back: 80 models", lines=lines, models=80), "dev")
    shown = "\n".join(texts_in(sent))
    assert len(sent["blocks"]) <= 45
    assert sum(f"gl-{number:02}" in shown for number in range(80)) == 45
    assert "and 35 more" in shown


hostile = some.text(some.sampled_from("<!channel>&*_~`|https://evil:\n '\"…x"), max_size=12_000)


@given(title=hostile, text=hostile, lines=some.lists(hostile, max_size=200))
def test_no_message_is_larger_than_slack_takes_or_has_markup_in_it(title: str, text: str, lines: list[str]) -> None:
    sent = message(NOTIFICATION.changed(title=title, text=text, lines=tuple(lines)), "dev")
    texts = texts_in(sent)
    header = sent["blocks"][0]["text"]["text"]
    assert len(header) <= 150
    assert max(map(len, texts)) <= MAX_TEXT
    assert sum(map(len, texts)) <= MAX_IN_ALL
    assert len(sent["blocks"]) <= 45
    assert not {"<", ">"} & set("".join(texts))
    assert all(part in ("amp;", "lt;", "gt;") for each in texts for part in entities(each))
    formatted = [block for block in json.dumps(sent["blocks"]).split('"type": ') if block.startswith('"mrkdwn"')]
    assert formatted == []


def entities(text: str) -> list[str]:
    """What follows each ampersand, up to its semicolon."""
    return [part.partition(";")[0] + ";" for part in text.split("&")[1:]]


def test_a_long_text_is_divided_and_what_is_missing_is_marked() -> None:
    sent = message(NOTIFICATION.changed(text="x" * 5_000), "dev")
    assert "".join(texts_in(sent["blocks"][1:-1])) == "x" * 5_000
    cut = message(NOTIFICATION.changed(text="x" * 20_000), "dev")
    assert "".join(texts_in(cut["blocks"][1:-1])).endswith("…")


def test_a_message_says_when_it_happened_however_late_it_is() -> None:
    sent = message(NOTIFICATION, "dev")
    assert sent["blocks"][-1]["elements"][0]["text"] == "2026-03-01 12:00 UTC · stage dev"


def test_what_happened_together_lists_the_time_of_each() -> None:
    later = NOTIFICATION.changed(at=NOON + timedelta(minutes=9), model_name="fraud", text="fraud was taken back")
    sent = message(as_one([NOTIFICATION, later]), "dev")
    text = "\n".join(texts_in(sent))
    assert "Version taken back: 2 models" in text
    assert "• 12:00 auto-retrain took back version 3 of churn" in text
    assert "• 12:09 fraud was taken back" in text


@pytest.mark.parametrize("reply", ["ok", "OK\n", "", '{"ok": true}', '{"success": true}'])
def test_what_slack_or_a_proxy_says_of_a_message_that_was_taken(webhook: Webhook, reply: str) -> None:
    webhook.reply = reply
    webhook_channel(webhook).send(NOTIFICATION)


def test_the_only_link_in_a_message_is_to_its_page_and_none_that_could_be_anything_else() -> None:
    def links(page: str) -> list[str]:
        elements = message(NOTIFICATION.changed(page=page), "dev")["blocks"][-1]["elements"]
        return [each["text"] for each in elements if each["type"] == "mrkdwn"]

    assert links("https://pages/?a=1&b=2") == ["<https://pages/?a=1&amp;b=2|Page>"]
    assert [links(page) for page in ("https://x/> <!channel>", "https://x/|everybody", "https://x/ y")] == [[], [], []]


@pytest.mark.parametrize(
    "reply", ["invalid_payload", "no_text", "[]", '{"ok": false}', "<html>down for maintenance</html>"]
)
def test_a_success_without_the_word_for_it_is_none(webhook: Webhook, reply: str) -> None:
    webhook.reply = reply
    with pytest.raises(NotificationRefused, match="Slack answered 200 with"):
        webhook_channel(webhook).send(NOTIFICATION)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.slack.com/services/canary",
        "https://hooks.slack.com.evil.example/services/canary",
        "https://user@hooks.slack.com/services/canary",
        "https://hooks.slack.com:22/services/canary",
        "https://169.254.169.254/latest/canary",
        "http://[::1]/canary",
        "file:///etc/canary",
        "gopher://hooks.slack.com/canary",
        "canary",
    ],
)
def test_a_webhook_at_another_origin_is_not_called(url: str) -> None:
    channel = SlackWebhook(a_secret(url), frozenset(["https://hooks.slack.com"]), "dev")
    with pytest.raises(NotificationFailed, match=r"not at an allowed origin; SLACK_ORIGINS = https://hooks") as caught:
        channel.send(NOTIFICATION)
    assert "canary" not in str(caught.value)


def test_a_webhook_without_tls_is_not_called_even_at_an_allowed_origin() -> None:
    channel = SlackWebhook(a_secret("http://chat.example/canary"), frozenset(["http://chat.example"]), "dev")
    with pytest.raises(NotificationFailed, match="must be an https address") as caught:
        channel.send(NOTIFICATION)
    assert "canary" not in str(caught.value)


def test_the_error_of_a_webhook_that_does_not_answer_does_not_reveal_the_secret() -> None:
    channel = SlackWebhook(a_secret("http://127.0.0.1:9/canary"), frozenset(["http://127.0.0.1:9"]), "dev")
    with pytest.raises(NotificationFailed, match="ConnectionError") as caught:
        channel.send(NOTIFICATION)
    assert "canary" not in str(caught.value)


def test_a_bot_has_a_thread_for_each_job_whose_first_message_shows_the_newest_state(webhook: Webhook) -> None:
    bot = bot_channel(webhook)
    ended = OF_JOB.changed(title="Job promoted: churn", at=NOON + timedelta(hours=1))
    for notification in (OF_JOB, ended, OF_JOB.changed(job_id="fraud-1")):
        bot.send(notification)
    assert [(call.path, call.body.get("ts"), call.body.get("thread_ts")) for call in webhook.calls] == [
        ("/api/chat.postMessage", None, None),
        ("/api/chat.update", "1.2", None),
        ("/api/chat.postMessage", None, "1.2"),
        ("/api/chat.postMessage", None, None),
    ]
    assert "Job promoted: churn" in texts_in(webhook.calls[1].body["blocks"])
    assert all(call.headers["Authorization"] == f"Bearer {CANARY}" for call in webhook.calls)


def test_what_is_loud_in_a_thread_is_shown_in_the_channel_as_well(webhook: Webhook) -> None:
    bot = bot_channel(webhook)
    bot.send(OF_JOB)
    bot.send(OF_JOB.changed(severity="loud"))
    assert [call.body.get("reply_broadcast") for call in webhook.calls] == [None, None, True]


def test_an_older_message_that_comes_late_does_not_replace_the_newest_state(webhook: Webhook) -> None:
    bot = bot_channel(webhook)
    bot.send(OF_JOB)
    bot.send(OF_JOB.changed(at=NOON - timedelta(hours=1)))
    assert [call.path for call in webhook.calls] == ["/api/chat.postMessage"] * 2


def test_what_belongs_to_no_job_is_a_message_of_its_own(webhook: Webhook) -> None:
    bot = bot_channel(webhook)
    for _ in range(2):
        bot.send(NOTIFICATION)
    assert [call.body.get("thread_ts") for call in webhook.calls] == [None, None]


@pytest.mark.parametrize(("path", "error"), [("update", "message_not_found"), ("postMessage", "thread_not_found")])
def test_a_thread_whose_first_message_was_deleted_begins_anew(webhook: Webhook, path: str, error: str) -> None:
    threads = Threads()
    bot = bot_channel(webhook, threads)
    bot.send(OF_JOB)
    gone = json.dumps({"ok": False, "error": error})
    again = json.dumps({"ok": True, "ts": "3.4"})
    webhook.replies = {"/api/chat.postMessage": [again]} | {f"/api/chat.{path}": [gone, again]}
    bot.send(OF_JOB)
    assert webhook.calls[-1].body.get("thread_ts") is None
    assert threads.by_job["churn-1"].ts == "3.4"


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_too_long"])
def test_a_message_that_slack_cannot_read_is_refused_by_its_api_too(webhook: Webhook, error: str) -> None:
    bot = bot_channel(webhook)
    webhook.reply = json.dumps({"ok": False, "error": error})
    with pytest.raises(NotificationRefused, match=error):
        bot.send(NOTIFICATION)


@pytest.mark.parametrize("reply", ['{"ok": false, "error": "invalid_auth"}', "<html>", "[]", '{"ok": "true"}'])
def test_whatever_else_slack_answers_is_a_failure(webhook: Webhook, reply: str) -> None:
    bot = bot_channel(webhook)
    webhook.reply = reply
    with pytest.raises(NotificationFailed) as caught:
        bot.send(NOTIFICATION)
    assert not isinstance(caught.value, NotificationRefused)
    assert CANARY not in str(caught.value)


def test_a_reply_that_failed_is_repeated_without_a_second_thread(webhook: Webhook) -> None:
    bot = bot_channel(webhook)
    bot.send(OF_JOB)
    webhook.replies = {"/api/chat.postMessage": ['{"ok": false, "error": "ratelimited"}']}
    with pytest.raises(NotificationFailed, match="ratelimited"):
        bot.send(OF_JOB)
    bot.send(OF_JOB)
    assert [call.body.get("thread_ts") for call in webhook.calls if call.path.endswith("postMessage")] == [
        None,
        "1.2",
        "1.2",
    ]


def test_a_message_whose_thread_cannot_be_noted_is_not_posted_again(webhook: Webhook) -> None:
    class Full(Threads):
        def save(self, job_id: str, thread: Thread) -> None:
            raise StoreUnavailable("slow down")

    bot_channel(webhook, Full()).send(OF_JOB)
    assert len(webhook.calls) == 1


def test_the_answer_to_a_check_names_the_bot(webhook: Webhook) -> None:
    assert bot_channel(webhook).check() == "Slack knows the bot as 'retrain' in 'ml'; it posts to C0123456"
