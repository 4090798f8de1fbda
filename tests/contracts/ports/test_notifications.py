"""NotificationLog: which events people were notified about."""

from datetime import timedelta

import pytest

from auto_retrain.domain.errors import NotificationFailed
from tests.contracts.ports.aws_world import create_table, lose_answers
from tests.contracts.ports.stores import LEASE, NOW, Stores, dynamo_stores

EVENT = "churn-1-started"
CLAIM = timedelta(minutes=2)


def test_an_event_has_one_owner_at_a_time_and_can_be_released(stores: Stores) -> None:
    assert stores.notifications.claim(EVENT, "first", NOW + CLAIM)
    assert stores.notifications.claim(EVENT, "first", NOW + CLAIM)
    with pytest.raises(NotificationFailed, match="another call"):
        stores.notifications.claim(EVENT, "second", NOW + CLAIM)
    stores.notifications.release(EVENT)
    assert stores.notifications.claim(EVENT, "second", NOW + CLAIM)


def test_a_confirmed_notification_cannot_be_claimed_again_until_it_expires(stores: Stores) -> None:
    stores.notifications.claim(EVENT, "first", NOW + CLAIM)
    stores.notifications.confirm(EVENT, NOW + LEASE)
    stores.clock.advance(LEASE)
    for owner in ("first", "second"):
        assert not stores.notifications.claim(EVENT, owner, stores.clock.now() + CLAIM)
    stores.clock.advance(timedelta(seconds=1))
    assert stores.notifications.claim(EVENT, "third", stores.clock.now() + CLAIM)


def test_the_claim_of_an_owner_that_was_stopped_expires(stores: Stores) -> None:
    stores.notifications.claim(EVENT, "first", NOW + CLAIM)
    stores.clock.advance(CLAIM + timedelta(seconds=1))
    assert stores.notifications.claim(EVENT, "second", stores.clock.now() + CLAIM)
    with pytest.raises(NotificationFailed):
        stores.notifications.claim(EVENT, "first", stores.clock.now() + CLAIM)


def test_notifications_have_a_time_to_live_in_the_table(aws: None) -> None:
    client = create_table("jobs")
    notifications = dynamo_stores(client).notifications
    notifications.claim(EVENT, "first", NOW + CLAIM)
    notifications.confirm(EVENT, NOW + LEASE)
    (item,) = client.scan(TableName="jobs")["Items"]
    assert item["expires_at"] == {"N": str(int((NOW + LEASE).timestamp()))}


def test_claim_and_confirmation_succeed_even_if_their_answers_are_lost(
    aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = create_table("jobs")
    notifications = dynamo_stores(client).notifications
    lost = lose_answers(client, monkeypatch, "PutItem")
    assert notifications.claim(EVENT, "first", NOW + CLAIM)
    assert lost
    lost.clear()
    notifications.confirm(EVENT, NOW + LEASE)
    assert lost
    assert not notifications.claim(EVENT, "second", NOW + CLAIM)
