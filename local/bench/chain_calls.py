"""What the audit chain adds to the calls of DynamoDB: nothing, because a fact is written together with its change."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import boto3
from moto import mock_aws

from auto_retrain.adapters.dynamodb.audit_chain import AuditChain
from auto_retrain.adapters.dynamodb.audit_log import DynamoAuditLog
from auto_retrain.adapters.dynamodb.decisions import DynamoDecisionLog
from auto_retrain.adapters.dynamodb.jobs import DynamoJobStore
from auto_retrain.adapters.dynamodb.policies import DynamoPolicyStore
from auto_retrain.adapters.dynamodb.states import DynamoModelStates
from auto_retrain.adapters.dynamodb.sweeps import DynamoSweepLog
from auto_retrain.adapters.dynamodb.table import Table
from auto_retrain.adapters.dynamodb.waiting import DynamoWaitingTriggers
from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.facts.policies import applied_fact
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.domain.messages.triggering import ExecutionStarted
from auto_retrain.domain.policy.policy import Policy, PolicyStatus
from auto_retrain.usecases.triggering.check_triggers import check_triggers
from auto_retrain.usecases.triggering.sweep_models import sweep_models
from local.bench.figure import Figure
from local.bench.sweep import table_request

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MODELS = 20


def measure() -> list[Figure]:
    """A sweep that records a decision about each model, and the decision that opens a job."""
    figures = []
    for name, run in ((f"a sweep that records {MODELS} decisions", _sweep), ("a decision that opens a job", _open)):
        with_chain, entries = _calls(run, chained=True)
        without, none = _calls(run, chained=False)
        assert entries
        assert not none
        compared = f"{with_chain} calls for {entries} entries, {without} without"
        figures.append(Figure(f"calls that the audit chain adds to {name}", with_chain - without, "calls", 0, compared))
    return figures


def _calls(run: Any, *, chained: bool) -> tuple[int, int]:
    """How many calls of DynamoDB it takes, and how many audit entries it leaves."""
    with mock_aws(), _facts_written(chained):
        client = boto3.client("dynamodb", region_name="eu-central-1")
        client.create_table(**table_request())
        ports = _ports(client, chained)
        for number in range(MODELS):
            _give_model(f"gl-{number:05}", ports)
        before = _entries(ports)
        # What a function learned before its start does not count: it knows no heads.
        fresh, calls = _ports(client, chained), Counter[str]()
        client.meta.events.register("before-send.dynamodb", lambda event_name, **_: calls.update([event_name]))
        run(fresh)
        counted = sum(calls.values())
        return counted, _entries(ports) - before


@contextmanager
def _facts_written(chained: bool) -> Iterator[None]:
    """The stores as they are, or as they would be if they wrote the same changes and no facts."""
    if chained:
        yield
        return
    with patch.object(AuditChain, "write", lambda self, actions, facts: self._without_facts(actions)):
        yield


def _ports(client: Any, chained: bool) -> Any:
    ports: Any = MemoryPorts()
    ports.clock.advance(NOW - ports.clock.now())
    table = Table(client, "jobs", audited=chained)
    ports.states, ports.policies = DynamoModelStates(table), DynamoPolicyStore(table)
    ports.decisions, ports.jobs = DynamoDecisionLog(table), DynamoJobStore(table, ports.clock)
    ports.sweeps, ports.waiting, ports.audit = (
        DynamoSweepLog(table),
        DynamoWaitingTriggers(table, ports.clock),
        DynamoAuditLog(table),
    )
    return ports


def _entries(ports: Any) -> int:
    return sum(head.number for head in ports.audit.heads())


def _give_model(model: str, ports: Any) -> None:
    data = {"prefix": model, "row_id": "id", "label": "y", "numeric": ["age"]}
    document = {"model": model, "owner": "bench", "data": data, "triggers": {"enabled": ["scheduled"]}}
    policy = Policy.model_validate(document, strict=False)
    # The last one is asked for by hand; the others are paused, which the sweep records once a day.
    is_last = model == f"gl-{MODELS - 1:05}"
    status = PolicyStatus.ACTIVE if is_last else PolicyStatus.PAUSED
    applied = ports.policies.apply(policy, "bench", NOW - timedelta(days=1), status=status)
    ports.audit.append(applied_fact(applied))


def _sweep(ports: Any) -> None:
    # moto copies its table in each transaction, and not safely while another one writes.
    with patch("auto_retrain.usecases.triggering.sweep_models.PARALLEL_CALLS", 1):
        sweep_models(ScheduledEvent(time=NOW), ports)


def _open(ports: Any) -> None:
    event = {"model_name": f"gl-{MODELS - 1:05}", "trigger_type": "manual", "actor": "ada", "reason": "bench"}
    decision = check_triggers(ExecutionStarted(event=event, execution_arn="execution:bench"), ports)
    assert decision.job_id, decision.reason
