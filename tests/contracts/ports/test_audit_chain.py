"""A change and the facts about it are written together; whoever writes, the chain neither forks nor loses a fact."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from auto_retrain.adapters.dynamodb.audit_log import DynamoAuditLog
from auto_retrain.adapters.dynamodb.decisions import DynamoDecisionLog
from auto_retrain.adapters.dynamodb.keys import key
from auto_retrain.adapters.dynamodb.policies import DynamoPolicyStore
from auto_retrain.adapters.dynamodb.table import Table
from auto_retrain.domain.audit_chain import ChainHead, entries_after
from auto_retrain.domain.drill import Drill
from auto_retrain.domain.errors import (
    JobConflict,
    LeaseHeld,
    PolicyConflict,
    RecordInvalid,
    RecordTooLarge,
    ServingConflict,
)
from auto_retrain.domain.facts.fact import Fact
from auto_retrain.domain.facts.triggering import RetrainingRequested
from auto_retrain.domain.model_state import Quarantine
from auto_retrain.domain.names import job_id
from tests.contracts.ports.aws_world import create_table, lose_answers
from tests.contracts.ports.stores import (
    LEASE,
    NOW,
    Stores,
    a_job,
    a_promotion,
    deploying,
    dynamo_stores,
    failed,
    running,
)
from tests.contracts.ports.test_decisions import decided
from tests.unit.builders import a_policy


def a_fact(number: int = 1, model: str = "churn", reason: str = "why not") -> Fact:
    return RetrainingRequested(model_name=model, actor="ada", at=NOW, execution_name=f"arn:{number}", reason=reason)


def facts_of(stores: Stores, model: str = "churn") -> list[str]:
    """The texts of a chain, which is checked from its beginning to its head."""
    entries = list(stores.audit.entries(model))
    head = ChainHead(model_name=model)
    for entry in entries:
        assert (entry.number, entry.previous_hash) == (head.number + 1, head.hash)
        head = entry.head
    assert stores.audit.head(model) == head
    return [entry.text for entry in entries]


def ids_of(stores: Stores, model: str = "churn") -> list[str]:
    return [text.partition('"fact_id":"')[2].partition('"')[0] for text in facts_of(stores, model)]


def test_a_fact_is_an_entry_as_the_format_says(stores: Stores) -> None:
    first, second = a_fact(1), a_fact(2)
    assert stores.audit.append(first)
    assert stores.audit.append(second)
    assert list(stores.audit.entries("churn")) == entries_after(ChainHead(model_name="churn"), [first, second])
    assert [entry.number for entry in stores.audit.entries("churn", after=1)] == [2]


def test_a_model_without_facts_has_an_empty_chain(stores: Stores) -> None:
    assert stores.audit.head("churn") == ChainHead(model_name="churn")
    assert list(stores.audit.entries("churn")) == []
    assert list(stores.audit.heads()) == []


def test_the_heads_of_all_models_are_listed_by_name(stores: Stores) -> None:
    for number, model in enumerate(["pricing", "churn", "fraud"]):
        stores.audit.append(a_fact(number, model))
    stores.audit.append(a_fact(9, "churn"))
    assert list(stores.audit.heads()) == [stores.audit.head(model) for model in ("churn", "fraud", "pricing")]


def test_a_fact_is_appended_once_however_often_it_is_recorded(stores: Stores) -> None:
    assert stores.audit.append(a_fact(1))
    assert not stores.audit.append(a_fact(1, reason="in other words"))
    assert stores.audit.append(a_fact(2))
    assert ids_of(stores) == ["arn:1-requested", "arn:2-requested"]


def test_a_change_is_made_although_its_fact_was_known_before(stores: Stores) -> None:
    job = stores.jobs.open_job(a_job(), NOW + LEASE, a_fact())
    assert stores.jobs.save(job, a_fact()).revision == job.revision + 1
    assert ids_of(stores) == ["arn:1-requested"]


CHANGES: dict[str, Callable[[Stores, Fact], Any]] = {
    "opening a job": lambda stores, fact: stores.jobs.open_job(a_job(), NOW + LEASE, fact),
    "a decision": lambda stores, fact: stores.decisions.record(decided("1", 1), fact),
    "a retraining elsewhere": lambda stores, fact: stores.states.record_retrain("churn", NOW, fact),
    "a quarantine": lambda stores, fact: stores.states.set_quarantine("churn", Quarantine(reason="", since=NOW), fact),
    "a moved alias": lambda stores, fact: stores.states.record_moved_alias("churn", "v7", fact),
    "an alias in its place": lambda stores, fact: stores.states.record_moved_alias("churn", None, fact),
    "a drill": lambda stores, fact: stores.states.record_drill("churn", a_drill(), fact),
    "a serving record": lambda stores, fact: stores.ledger.note(stores.ledger.serving("churn"), fact),
    "a deployment": lambda stores, fact: stores.ledger.write(
        a_promotion(a_job(), stores.ledger.serving("churn")), facts=[fact]
    ),
}


def a_drill() -> Drill:
    return Drill(taken_back="2", target="1", live=False, actor="ada", at=NOW, steps=())


def test_a_change_brings_the_fact_about_it(stores: Stores) -> None:
    for number, (name, change) in enumerate(CHANGES.items()):
        change(stores, a_fact(number))
        assert ids_of(stores)[-1] == f"arn:{number}-requested", name
    assert len(facts_of(stores)) == len(CHANGES)


def test_a_policy_brings_its_own_fact(stores: Stores) -> None:
    stores.policies.apply(a_policy(), "ada", NOW)
    stores.policies.apply(a_policy(), "ada", NOW)  # the same again is no change
    stores.policies.apply(a_policy(owner="risk"), "ada", NOW)
    assert ids_of(stores) == ["churn-policy-1", "churn-policy-2"]


def test_saving_and_closing_a_job_bring_their_facts(stores: Stores) -> None:
    job = stores.jobs.save(stores.jobs.open_job(a_job(), NOW + LEASE), a_fact(1))
    stores.jobs.close_job(failed(job), a_fact(2), retrained=True)
    assert ids_of(stores) == ["arn:1-requested", "arn:2-requested"]


def test_a_job_that_lost_its_lease_is_closed_with_its_fact(stores: Stores) -> None:
    job = stores.jobs.open_job(a_job(1), NOW + LEASE)
    stores.clock.advance(2 * LEASE)
    stores.jobs.open_job(a_job(2), NOW + 4 * LEASE)
    stores.jobs.close_job(failed(job), a_fact(), retrained=False)
    assert ids_of(stores) == ["arn:1-requested"]


def test_a_change_that_fails_leaves_no_fact(stores: Stores) -> None:
    job = stores.jobs.open_job(a_job(1), NOW + LEASE)
    stores.jobs.save(running(job))
    record = stores.ledger.serving("churn")
    stores.ledger.note(record)
    stores.states.set_quarantine("churn", Quarantine(reason="empty", since=NOW))
    stores.states.record_retrain("churn", NOW)
    with pytest.raises(JobConflict):
        stores.jobs.save(job, a_fact())
    with pytest.raises(LeaseHeld):
        stores.jobs.open_job(a_job(2), NOW + LEASE, a_fact())
    with pytest.raises(JobConflict):
        stores.jobs.close_job(failed(job), a_fact(), retrained=False)
    with pytest.raises(ServingConflict):
        stores.ledger.note(record.told(NOW), a_fact())
    with pytest.raises(ServingConflict):
        stores.ledger.write(a_promotion(a_job(1)), facts=[a_fact()])
    with pytest.raises(PolicyConflict):
        stores.policies.apply(a_policy(), "ada", NOW, after=7)
    assert not stores.states.set_quarantine("churn", Quarantine(reason="late", since=NOW), a_fact())
    stores.states.record_retrain("churn", NOW - timedelta(days=1), a_fact())
    assert facts_of(stores) == []


def test_a_fact_that_is_too_large_is_refused_with_its_change(stores: Stores) -> None:
    job = stores.jobs.open_job(a_job(), NOW + LEASE)
    with pytest.raises(RecordTooLarge, match=r"^fact 'arn:1-requested' has 3\d+ bytes; an audit entry holds at most"):
        stores.jobs.save(job, a_fact(reason="x" * 300_000))
    assert stores.jobs.get(job.job_id) == job
    assert facts_of(stores) == []


def test_many_threads_neither_fork_a_chain_nor_lose_a_fact(stores: Stores) -> None:
    with ThreadPoolExecutor(32) as pool:
        assert all(pool.map(stores.audit.append, [a_fact(number) for number in range(32)]))
    assert sorted(ids_of(stores)) == sorted(f"arn:{number}-requested" for number in range(32))


def test_of_many_that_record_the_same_fact_one_appends_it(stores: Stores) -> None:
    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(stores.audit.append, [a_fact()] * 16)) == 1
    assert ids_of(stores) == ["arn:1-requested"]


def test_processes_that_write_at_the_same_time_take_turns(aws: None) -> None:
    """Each has its own idea of the head of the chain."""
    client = create_table("jobs")
    processes = [dynamo_stores(client) for _ in range(16)]
    deploying(processes[0], 1)
    with ThreadPoolExecutor(16) as pool:
        writes = [
            pool.submit(stores.states.record_moved_alias, "churn", f"v{number}", a_fact(number))
            for number, stores in enumerate(processes)
        ]
        appended = [pool.submit(stores.audit.append, a_fact(20 + n)) for n, stores in enumerate(processes)]
    assert all(one.result() for one in appended)
    assert [one.result() for one in writes] == [None] * 16
    assert len(set(ids_of(processes[0]))) == 32


def test_an_outdated_head_costs_one_more_attempt_and_no_fact(aws: None) -> None:
    client = create_table("jobs")
    mine, theirs = (DynamoAuditLog(Table(client, "jobs", audited=True)) for _ in range(2))
    for number in (1, 2, 3):
        assert mine.append(a_fact(number))
        assert theirs.append(a_fact(10 + number))
    assert [entry.number for entry in mine.entries("churn")] == [1, 2, 3, 4, 5, 6]


def test_a_lost_answer_repeats_no_fact(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_table("jobs")
    stores, lost = dynamo_stores(client), lose_answers(client, monkeypatch, "TransactWriteItems")
    for number, (name, change) in enumerate(CHANGES.items()):
        change(stores, a_fact(number))
        assert lost, name
        lost.clear()
    assert ids_of(stores) == [f"arn:{number}-requested" for number in range(len(CHANGES))]


def test_a_job_is_read_with_its_models_head_by_the_permissions_of_functions(aws: None) -> None:
    stores, name = dynamo_stores(create_table("jobs")), job_id("churn", "arn:1")
    job = stores.jobs.open_job(a_job(job_id=name), NOW + LEASE)
    assert stores.jobs.get(name) == job


def test_a_pass_over_the_fleet_learns_all_heads(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_table("jobs")
    dynamo_stores(client).policies.apply(a_policy(), "ada", NOW)
    table = Table(client, "jobs", audited=True)
    assert [applied.policy.model for applied, _ in DynamoPolicyStore(table).fleet()] == ["churn"]
    answer_no_reads(client, monkeypatch)
    DynamoDecisionLog(table).record(decided("1", 1), a_fact())
    assert [entry.number for entry in DynamoAuditLog(table).entries("churn")] == [1, 2]


def test_an_entry_is_never_overwritten(aws: None) -> None:
    client = create_table("jobs")
    DynamoAuditLog(Table(client, "jobs")).append(a_fact(1))
    client.delete_item(TableName="jobs", Key={"pk": {"S": "MODEL#churn"}, "sk": {"S": "AUDIT_HEAD"}})
    anew = DynamoAuditLog(Table(client, "jobs"))
    with pytest.raises(RecordInvalid, match="has an entry after number 0, where its head ends"):
        anew.append(a_fact(2))
    assert len(list(anew.entries("churn"))) == 1


def answer_no_reads(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for operation in ("get_item", "batch_get_item"):
        monkeypatch.setattr(client, operation, None)


@pytest.mark.parametrize("partition", ["MODEL#churn", "JOB#churn-0123456789"])
def test_whatever_is_read_of_a_model_brings_the_head_of_its_chain(
    aws: None, monkeypatch: pytest.MonkeyPatch, partition: str
) -> None:
    client = create_table("jobs")
    DynamoAuditLog(Table(client, "jobs")).append(a_fact())
    table = Table(client, "jobs", audited=True)
    assert table.get(key(partition, "no such item")) is None
    answer_no_reads(client, monkeypatch)
    assert table.head("churn").number == 1
