"""Channel: what reaches people through each of them, and how they fail."""

from collections.abc import Iterator

import pytest

from auto_retrain.adapters.memory.outside import MemoryChannel
from auto_retrain.domain.errors import AutoRetrainError, NotificationFailed, NotificationRefused
from auto_retrain.domain.notification import Notification
from tests.contracts.ports.channels import CANARY, CHANNELS, Reached
from tests.unit.builders import NOON

NOTIFICATION = Notification(
    event_id="churn-taken-back-3",
    topic="version_taken_back",
    severity="loud",
    title="Version taken back: churn",
    text="auto-retrain took back version 3 of churn",
    at=NOON,
    model_name="churn",
)


OVER_HTTP = pytest.mark.parametrize("reached", ["slack webhook", "slack bot", "pagerduty"], indirect=True)


@pytest.fixture(params=CHANNELS)
def reached(request: pytest.FixtureRequest, aws: None) -> Iterator[Reached]:
    with CHANNELS[request.param]() as reached:
        yield reached


def test_a_message_arrives_with_its_text(reached: Reached) -> None:
    reached.channel.send(NOTIFICATION)
    text, *_ = reached.arrived()
    assert NOTIFICATION.text in text


def test_every_line_of_a_list_arrives(reached: Reached) -> None:
    lines = tuple(f"09:{number:02} model gl-{number:02} was taken back" for number in range(40))
    reached.channel.send(NOTIFICATION.changed(lines=lines, models=40))
    text, *_ = reached.arrived()
    if reached.webhook:
        assert all(line in text for line in lines)


def test_a_message_leads_to_its_page(reached: Reached) -> None:
    page = "https://pages.example/?key=a&prefix=jobs/churn-1/job.html"
    reached.channel.send(NOTIFICATION.changed(page=page))
    text, *_ = reached.arrived()
    if not isinstance(reached.channel, MemoryChannel):
        assert page in text.replace("&amp;", "&")


def test_a_check_says_what_is_set_up_and_sends_nothing(reached: Reached) -> None:
    assert len(reached.channel.check()) > 10
    assert NOTIFICATION.text not in "".join(reached.arrived())


def test_a_channel_that_fails_says_so_by_an_error_of_ours(reached: Reached) -> None:
    reached.break_it()
    with pytest.raises(AutoRetrainError) as caught:
        reached.channel.send(NOTIFICATION)
    assert CANARY not in str(caught.value)


@OVER_HTTP
@pytest.mark.parametrize("status", [301, 302, 307, 401, 403, 404, 429, 500, 503])
def test_a_server_that_does_not_take_messages_fails_without_revealing_the_secret(reached: Reached, status: int) -> None:
    assert reached.webhook
    reached.webhook.answer = status
    reached.webhook.headers = {"Retry-After": "17"}
    with pytest.raises(NotificationFailed, match=str(status)) as caught:
        reached.channel.send(NOTIFICATION)
    assert not isinstance(caught.value, NotificationRefused)
    assert caught.value.retry_after == 17
    assert CANARY not in str(caught.value)
    assert [call.path for call in reached.webhook.calls if "elsewhere" in call.path] == []
    assert len(reached.webhook.calls) == 1


@OVER_HTTP
@pytest.mark.parametrize("status", [400, 413])
def test_a_message_that_a_server_cannot_read_is_refused_alone(reached: Reached, status: int) -> None:
    assert reached.webhook
    reached.webhook.answer = status
    with pytest.raises(NotificationRefused, match=str(status)):
        reached.channel.send(NOTIFICATION)


@OVER_HTTP
def test_a_server_that_answers_slowly_is_given_up(reached: Reached, monkeypatch: pytest.MonkeyPatch) -> None:
    assert reached.webhook
    monkeypatch.setattr("auto_retrain.adapters.channels.http_post.TIMEOUT_SECONDS", (0.5, 0.05))
    reached.webhook.delay_seconds = 0.2
    with pytest.raises(NotificationFailed, match="did not answer"):
        reached.channel.send(NOTIFICATION)
