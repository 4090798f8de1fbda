"""NotificationLog: which events people were told about."""

from datetime import timedelta

import pytest

from auto_retrain.domain.errors import NotificationFailed
from tests.contracts.ports.aws_world import create_table, lose_answers
from tests.contracts.ports.stores import LEASE, NOW, Stores, dynamo_stores

EVENT = "churn-1-started"
CLAIM = timedelta(minutes=2)


def test_an_event_has_one_teller_at_a_time_and_can_be_given_back(stores: Stores) -> None:
    assert stores.notifications.claim(EVENT, "first", NOW + CLAIM)
    assert stores.notifications.claim(EVENT, "first", NOW + CLAIM)
    with pytest.raises(NotificationFailed, match="another call"):
        stores.notifications.claim(EVENT, "second", NOW + CLAIM)
    stores.notifications.release(EVENT)
    assert stores.notifications.claim(EVENT, "second", NOW + CLAIM)


def test_an_event_that_was_told_is_remembered_until_it_may_be_forgotten(stores: Stores) -> None:
    stores.notifications.claim(EVENT, "first", NOW + CLAIM)
    stores.notifications.confirm(EVENT, NOW + LEASE)
    stores.clock.advance(LEASE)
    for teller in ("first", "second"):
        assert not stores.notifications.claim(EVENT, teller, stores.clock.now() + CLAIM)
    stores.clock.advance(timedelta(seconds=1))
    assert stores.notifications.claim(EVENT, "third", stores.clock.now() + CLAIM)


def test_the_claim_of_a_teller_that_was_stopped_runs_out(stores: Stores) -> None:
    stores.notifications.claim(EVENT, "first", NOW + CLAIM)
    stores.clock.advance(CLAIM + timedelta(seconds=1))
    assert stores.notifications.claim(EVENT, "second", stores.clock.now() + CLAIM)
    with pytest.raises(NotificationFailed):
        stores.notifications.claim(EVENT, "first", stores.clock.now() + CLAIM)


def test_the_table_forgets_events_by_its_time_to_live(aws: None) -> None:
    client = create_table("jobs")
    notifications = dynamo_stores(client).notifications
    notifications.claim(EVENT, "first", NOW + CLAIM)
    notifications.confirm(EVENT, NOW + LEASE)
    (item,) = client.scan(TableName="jobs")["Items"]
    assert item["expires_at"] == {"N": str(int((NOW + LEASE).timestamp()))}


def test_answers_lost_after_the_write_are_still_our_success(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_table("jobs")
    notifications = dynamo_stores(client).notifications
    lost = lose_answers(client, monkeypatch, "PutItem")
    assert notifications.claim(EVENT, "first", NOW + CLAIM)
    assert lost
    lost.clear()
    notifications.confirm(EVENT, NOW + LEASE)
    assert lost
    assert not notifications.claim(EVENT, "second", NOW + CLAIM)
