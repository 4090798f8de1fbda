"""An item that cannot be read is an error only for the call that reads it alone."""

import json
import logging
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from auto_retrain.domain.errors import RecordInvalid
from auto_retrain.domain.fleet import FleetUsage, SweepMark
from auto_retrain.domain.job import PendingStep
from auto_retrain.domain.trigger_type import TriggerType
from tests.contracts.ports.aws_world import create_table
from tests.contracts.ports.stores import LEASE, NOW, a_job, a_promotion, dynamo_stores, failed
from tests.contracts.ports.test_decisions import decided
from tests.contracts.ports.test_waiting import waiting
from tests.unit.builders import a_policy

PENDING = PendingStep(kind="train", kubernetes_job="churn-1-train-1", task_token="SECRET", since=NOW)


def change_document(client: Any, pk: str, sk: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the document of an item, as another release or a mistake could."""
    item = client.get_item(TableName="jobs", Key={"pk": {"S": pk}, "sk": {"S": sk}})["Item"]
    document = json.loads(item["document"]["S"])
    change(document)
    change_attribute(client, pk, sk, "document", {"S": json.dumps(document)})


def change_attribute(client: Any, pk: str, sk: str, name: str, value: dict[str, Any]) -> None:
    item = client.get_item(TableName="jobs", Key={"pk": {"S": pk}, "sk": {"S": sk}})["Item"]
    client.put_item(TableName="jobs", Item={**item, name: value})


def test_an_unreadable_job_stops_no_other_and_shows_no_token(aws: None, caplog: pytest.LogCaptureFixture) -> None:
    client = create_table("jobs")
    stores = dynamo_stores(client)
    stores.jobs.open_job(a_job(1, pending=PENDING), NOW + LEASE)
    other = stores.jobs.open_job(a_job(1, model="fraud"), NOW + LEASE)
    change_document(client, "JOB#churn-1", "JOB", lambda document: document["pending"].update(kind="SECRET"))
    problems: list[str] = []
    assert stores.jobs.list_active() == stores.jobs.list_active(problems) == [other]
    assert [problem.split(":")[0] for problem in problems] == ["'JOB#churn-1' cannot be read"]
    assert stores.jobs.list_recent(None, 1) == [other]
    with pytest.raises(RecordInvalid, match=r"pending\.kind") as caught:
        stores.jobs.get("churn-1")
    assert ("auto_retrain", logging.ERROR, "JOB#churn-1") in [
        (name, level, text.split("'")[1]) for name, level, text in caplog.record_tuples
    ]
    shown = "".join(traceback.format_exception(caught.value))
    assert "SECRET" not in caplog.text + shown


def test_an_unreadable_policy_does_not_stop_the_rest_of_the_fleet(aws: None, caplog: pytest.LogCaptureFixture) -> None:
    client = create_table("jobs")
    stores = dynamo_stores(client)
    for model in ("gl-001", "gl-002"):
        stores.policies.apply(a_policy(model=model), "ada", NOW)
    change_document(client, "MODEL#gl-001", "POLICY", lambda document: document["policy"].update(owner=None))
    problems: list[str] = []
    assert [applied.policy.model for applied, _ in stores.policies.fleet(problems)] == ["gl-002"]
    assert [problem.split(":")[0] for problem in problems] == ["'MODEL#gl-001' cannot be read"]
    assert "MODEL#gl-001" in caplog.text
    with pytest.raises(RecordInvalid, match=r"policy\.owner"):
        stores.policies.get("gl-001")
    problems.clear()
    assert list(stores.policies.newest(["gl-001", "gl-002"], problems)) == ["gl-002"]
    assert len(problems) == 1


def test_a_job_whose_end_cannot_be_announced_because_it_is_unreadable_is_named(aws: None) -> None:
    client = create_table("jobs")
    stores = dynamo_stores(client)
    job = stores.jobs.open_job(a_job(1), NOW + LEASE)
    stores.jobs.close_job(failed(job), retrained=False)
    change_document(client, "JOB#churn-1", "JOB", lambda document: document.update(status="odd"))
    problems: list[str] = []
    assert stores.jobs.list_unannounced(problems) == []
    assert len(problems) == 1


def test_fields_of_a_newer_release_are_ignored(aws: None) -> None:
    client = create_table("jobs")
    stores = dynamo_stores(client)
    opened = stores.jobs.open_job(a_job(pending=PENDING), NOW + LEASE)
    change = a_promotion(opened)
    served = stores.ledger.write(change, opened)
    job = opened.next_revision()
    stores.policies.apply(a_policy(), "ada", NOW)
    change_document(client, "JOB#churn-1", "JOB", lambda document: document["pending"].update(new=1))
    change_document(client, "MODEL#churn", "DEPLOYMENT#000001", lambda document: document.update(new=1))
    change_document(client, "MODEL#churn", "SERVING", lambda document: document["champion"].update(new=1))
    change_document(client, "MODEL#churn", "POLICY", lambda document: document["policy"]["data"].update(new=1))
    assert stores.jobs.get("churn-1") == job
    assert (stores.ledger.serving("churn"), stores.ledger.lines("churn", 1)) == (served, [change.line])
    assert [applied.policy for applied, _ in stores.policies.fleet()] == [a_policy()]


def test_an_unreadable_policy_does_not_keep_an_alarm_from_the_other_models(aws: None) -> None:
    client = create_table("jobs")
    stores = dynamo_stores(client)
    for model in ("gl-001", "gl-002"):
        stores.policies.apply(a_policy(model=model, triggers={"alarms": ["shared"]}), "ada", NOW)
    stores.policies.index_alarms([applied for applied, _ in stores.policies.fleet()], [])
    change_document(client, "MODEL#gl-001", "POLICY", lambda document: document["policy"].update(owner=None))
    assert stores.policies.listing_alarm("shared") == ["gl-002"]


def test_an_unreadable_state_is_not_guessed_and_does_not_stop_the_rest_of_the_fleet(
    aws: None, caplog: pytest.LogCaptureFixture
) -> None:
    client = create_table("jobs")
    stores = dynamo_stores(client)
    broken: dict[str, Any] = {
        "active_job": {"N": "1"},
        "lease_expires_at": {"S": "tomorrow"},
        "last_retrained_at": {"N": "1e30"},
        "fence": {"S": "two"},
        "attempts": {"L": [{"S": "x"}]},
        "drift_breaches": {"SS": ["today"]},
        "quarantine": {"S": "{}"},
    }
    for number, (name, value) in enumerate(broken.items()):
        stores.policies.apply(a_policy(model=f"gl-{number}"), "ada", NOW)
        stores.states.record_retrain(f"gl-{number}", NOW)
        change_attribute(client, f"MODEL#gl-{number}", "STATE", name, value)
        with pytest.raises(RecordInvalid, match=f"MODEL#gl-{number}"):
            stores.states.get(f"gl-{number}")
    stores.policies.apply(a_policy(), "ada", NOW)
    assert [applied.policy.model for applied, _ in stores.policies.fleet()] == ["churn"]
    assert all(f"MODEL#gl-{number}" in caplog.text for number in range(len(broken)))


def test_unreadable_waiting_triggers_decisions_and_policy_versions_are_skipped(aws: None) -> None:
    client = create_table("jobs")
    stores = dynamo_stores(client)
    for number in (1, 2, 3):
        stores.policies.apply(a_policy(owner=f"{number}@example.com"), "ada", NOW)
        stores.decisions.record(decided(str(number), number))
    for kind in (TriggerType.SCHEDULED, TriggerType.DATA_DRIFT):
        stores.waiting.add(waiting(kind, "arn:1"))
    for sk in ("WAITING#data_drift", "POLICY#v000003", "DECISION#2026-03-01T03:00:00.000000+00:00#3"):
        change_attribute(client, "MODEL#churn", sk, "document", {"S": "{"})
    assert stores.waiting.of("churn") == [waiting(TriggerType.SCHEDULED, "arn:1")]
    assert [applied.version for applied in stores.policies.history("churn")] == [2, 1]
    assert [decision.key for decision in stores.decisions.recent("churn", 1)] == ["2"]


def test_an_unreadable_sweep_mark_counts_as_none_and_is_replaced_by_the_next(aws: None) -> None:
    client = create_table("jobs")
    sweeps = dynamo_stores(client).sweeps
    mark = SweepMark(at=NOW, models=1, usage=FleetUsage(active_jobs=0, retrained_in_30_days=0))
    sweeps.save(mark)
    change_attribute(client, "FLEET", "SWEEP", "document", {"S": ""})
    assert sweeps.last() is None
    later = mark.changed(at=NOW + LEASE)
    sweeps.save(later)
    assert sweeps.last() == later
