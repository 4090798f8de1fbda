"""Outbox and RoutingStore: which messages wait for their channel, and where policies want them to be sent."""

from datetime import timedelta

from auto_retrain.adapters.dynamodb.keys import model_key
from auto_retrain.adapters.dynamodb.table import Table
from auto_retrain.adapters.dynamodb.threads import DynamoThreads
from auto_retrain.domain.notification import Notification
from auto_retrain.domain.policy.notify import NotifyPolicy, Routing
from tests.contracts.ports.aws_world import create_table
from tests.contracts.ports.channels import Threads
from tests.contracts.ports.stores import NOW, Stores, dynamo_stores
from tests.contracts.ports.test_channels import NOTIFICATION
from tests.contracts.ports.test_slack import bot_channel
from tests.unit.builders import a_policy
from tests.webhook import Webhook


def a_message(minute: int) -> Notification:
    return NOTIFICATION.changed(event_id=f"event-{minute}", at=NOW + timedelta(minutes=minute), lines=("one", "two"))


def test_messages_wait_in_the_order_in_which_things_happened_each_once(stores: Stores) -> None:
    for minute in (3, 1, 2, 1):
        stores.outbox.add("slack", a_message(minute))
    stores.outbox.add("sns", a_message(4))
    assert stores.outbox.waiting("slack", 10) == [a_message(1), a_message(2), a_message(3)]
    assert stores.outbox.waiting("slack", 1) == [a_message(1)]
    assert stores.outbox.waiting("pagerduty", 10) == []


def test_a_message_that_was_sent_waits_no_longer(stores: Stores) -> None:
    for minute in (1, 2):
        stores.outbox.add("slack", a_message(minute))
    for _ in range(2):
        stores.outbox.remove("slack", a_message(1))
    assert stores.outbox.waiting("slack", 10) == [a_message(2)]


def test_messages_go_where_the_policy_in_force_says(stores: Stores) -> None:
    policy = a_policy(notify={"loud": ["sns"], "facts": {"job_rejected": ["slack"]}})
    for each in (a_policy(), policy):
        stores.policies.apply(each, "ada", NOW)
    assert stores.routing.of("churn") == Routing(notify=policy.notify, data_prefix=policy.data.prefix)


def test_without_a_policy_messages_go_where_they_go_by_default(stores: Stores) -> None:
    assert stores.routing.of("unknown") == Routing(notify=NotifyPolicy())


def test_a_policy_that_cannot_be_read_silences_nobody(aws: None) -> None:
    client = create_table("jobs")
    item = {**model_key("churn", "POLICY"), "document": {"S": '{"policy": {"notify": {"loud": ["pigeon"]}}}'}}
    client.put_item(TableName="jobs", Item=item)
    assert dynamo_stores(client).routing.of("churn") == Routing()


def test_a_policy_of_the_release_before_has_the_defaults(aws: None) -> None:
    client = create_table("jobs")
    item = {**model_key("churn", "POLICY"), "document": {"S": '{"policy": {"data": {"prefix": "clicks"}}}'}}
    client.put_item(TableName="jobs", Item=item)
    assert dynamo_stores(client).routing.of("churn") == Routing(data_prefix="clicks")


def test_a_bot_finds_its_threads_again_in_the_table(aws: None) -> None:
    clock = dynamo_stores(create_table("jobs")).clock
    client = create_table("threads")
    stored = DynamoThreads(Table(client, "threads"), clock)
    assert stored.of("churn-1") is None
    with Webhook() as webhook:
        in_memory = Threads()
        for threads in (in_memory, stored):
            bot_channel(webhook, threads).send(NOTIFICATION.changed(job_id="churn-1"))
    assert stored.of("churn-1") == in_memory.of("churn-1") is not None
    (item,) = client.scan(TableName="threads")["Items"]
    assert item["expires_at"] == {"N": str(int((clock.now() + timedelta(days=90)).timestamp()))}
