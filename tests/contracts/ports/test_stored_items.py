"""This release reads what an earlier one stored, and continues its jobs."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_retrain.adapters.dynamodb.states import state_of
from auto_retrain.adapters.dynamodb.table import record_of
from auto_retrain.domain.base import Record
from auto_retrain.domain.decision_record import DecisionRecord
from auto_retrain.domain.deployment_ledger import LedgerLine
from auto_retrain.domain.ending import Ending
from auto_retrain.domain.errors import RecordInvalid
from auto_retrain.domain.job import RetrainingJob
from auto_retrain.domain.model_state import Rejections
from auto_retrain.domain.policy.policy import AppliedPolicy
from auto_retrain.domain.status import RetrainingStatus
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.domain.waiting_trigger import WaitingTrigger
from local.paths import ROOT
from tests.oddities import odd
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.world import World, rows

ITEMS: dict[str, dict[str, Any]] = json.loads((ROOT / "tests/data/stored/items.json").read_text())
ENDINGS = {
    "pending": None,
    "training": None,
    "validated": None,
    "deployed": None,
    "variants": None,
    "promoted": Ending.PROMOTED,
    "rejected": Ending.REJECTED,
    "inconclusive": Ending.INCONCLUSIVE,
    "declined": Ending.DECLINED,
    "skipped": Ending.SKIPPED,
    "failed": Ending.FAILED,
}


def stored_job(case: str) -> RetrainingJob:
    return record_of(ITEMS[case]["JOB"], RetrainingJob)


@pytest.mark.parametrize(("case", "ending"), ENDINGS.items())
def test_a_stored_job_is_read_with_its_ending(case: str, ending: Ending | None) -> None:
    job = stored_job(case)
    assert job.ending is ending
    assert job.status.is_terminal is (ending is not None)
    assert job.status is (ending.status if ending else job.status)


def test_a_stored_skip_is_read_with_its_power() -> None:
    check = stored_job("skipped").data_check
    assert check is not None
    assert (check.power.chance, check.power.at_best, check.power.basis) == (0.1, None, "forecast")
    assert (check.skipped, check.skipped_in_a_row, check.overridden) == ("not trained: few rows", 0, None)


def test_the_versions_of_a_stored_job_keep_their_files_run_and_metrics() -> None:
    job = stored_job("promoted")
    assert job.champion is not None
    assert job.challenger is not None
    assert (job.champion.number, job.challenger.number, job.challenger.run_id) == ("1", "2", "run")
    assert job.challenger.files.artifact_sha256 is not None
    assert job.metrics == {"accuracy": 0.99}


def test_the_variants_of_a_stored_job_keep_their_version_or_error() -> None:
    variants = stored_job("variants").variants
    assert [variant.version for variant in variants] == ["2", None, "4"]
    assert variants[1].error == "ValueError: no such depth"
    assert variants[2].trained is not None
    assert variants[2].trained.run_id == "run-2"


@pytest.mark.parametrize(
    "case", ["validated", "deployed", "promoted", "rejected", "inconclusive", "declined", "variants"]
)
def test_the_hash_of_a_stored_validation_is_still_valid(case: str) -> None:
    validation = stored_job(case).validation
    assert validation is not None
    assert validation.validation_hash == validation.compute_hash()


def test_a_stored_ledger_line_is_read_with_its_version() -> None:
    line = record_of(ITEMS["promoted"]["DEPLOYMENT#000001"], LedgerLine)
    assert (line.version.number, line.previous_version) == ("2", "1")
    assert (line.change, line.actor, line.challenger, line.weight, line.mirror_share) == ("promoted", None, None, 0, 0)
    assert line.windows is not None
    assert line.version.files == stored_job("promoted").challenger.files  # type: ignore[union-attr]


def test_a_stored_state_is_read_with_its_breaches() -> None:
    state = state_of("churn", ITEMS["state"]["STATE"])
    days = [state.breach_days(kind)[0].day for kind in (TriggerType.PERFORMANCE_DEGRADATION, TriggerType.DATA_DRIFT)]
    assert days == [28, 1]
    assert state.quarantine is not None
    assert state.serving is None


def test_a_stored_count_of_rejections_silences_drift_alone() -> None:
    state = state_of("churn", {**ITEMS["state"]["STATE"], "rejected_in_a_row": {"N": "4"}})
    assert state.rejections == {TriggerType.DATA_DRIFT: Rejections(count=4)}
    assert state.rejected_in_a_row == 4
    emptied = {**ITEMS["state"]["STATE"], "rejected_in_a_row": {"N": "4"}, "rejections": {"S": "{}"}}
    assert state_of("churn", emptied).rejected_in_a_row == 0


@pytest.mark.parametrize(
    ("case", "prefix", "kind"),
    [
        ("state", "POLICY", AppliedPolicy),
        ("waiting", "DECISION#", DecisionRecord),
        ("waiting", "WAITING#", WaitingTrigger),
    ],
)
def test_other_stored_records_are_read(case: str, prefix: str, kind: type[Record]) -> None:
    items = [item for name, item in ITEMS[case].items() if name.startswith(prefix)]
    assert items
    for item in items:
        record_of(item, kind)


@pytest.mark.parametrize("name", ["ending", "version"])
def test_a_metric_may_have_the_name_of_a_field_of_a_record(name: str) -> None:
    old = json.loads(ITEMS["promoted"]["JOB"]["document"]["S"])
    assert "ending" not in old
    job = record_of(document({**old, "metrics": {name: 0.5}}), RetrainingJob)
    assert (job.champion_version, job.metrics) == ("1", {name: 0.5})
    assert record_of(document(json.loads(job.model_dump_json())), RetrainingJob) == job


def test_no_field_of_an_old_ledger_line_is_left_over() -> None:
    old = json.loads(ITEMS["promoted"]["DEPLOYMENT#000001"]["document"]["S"])
    for files in ({}, None):
        line = record_of(document({**old, "files": files}), LedgerLine)
        assert set(json.loads(line.model_dump_json())) == set(LedgerLine.model_fields)
        assert record_of(document(json.loads(line.model_dump_json())), LedgerLine) == line


@pytest.mark.parametrize(
    ("stored", "zone"),
    [
        ("localtime", "UTC"),
        ("posixrules", "America/New_York"),
        ("Factory", "UTC"),
        ("posix/Europe/Berlin", "Europe/Berlin"),
        ("right/Europe/Berlin", "Europe/Berlin"),
        ("utc", "UTC"),
        ("Asia/Tokyo", "Asia/Tokyo"),
    ],
)
def test_a_stored_time_zone_that_only_some_machines_know_is_read_as_one_that_all_know(stored: str, zone: str) -> None:
    policy = a_policy(owner='"time_zone":"x"', training={"parameters": {"time_zone": "localtime"}})
    applied = AppliedPolicy(policy=policy, version=1, applied_at=NOON, applied_by="ada")
    text = applied.model_dump_json().replace('"time_zone":"UTC"', f'"time_zone":"{stored}"')
    read = record_of({"pk": {"S": "MODEL#churn"}, "document": {"S": text}}, AppliedPolicy)
    assert read.policy == policy.changed(triggers=policy.triggers.changed(time_zone=zone))


def test_a_stored_time_zone_that_no_machine_knows_is_refused_by_name() -> None:
    text = AppliedPolicy(policy=a_policy(), version=1, applied_at=NOON, applied_by="ada").model_dump_json()
    odd = {"pk": {"S": "MODEL#churn"}, "document": {"S": text.replace('"UTC"', '"Mars"')}}
    with pytest.raises(RecordInvalid, match=r"'MODEL#churn' cannot be read: policy.triggers.time_zone: .*IANA"):
        record_of(odd, AppliedPolicy)


def document(content: dict[str, Any]) -> dict[str, Any]:
    return {"pk": {"S": "JOB#churn-1"}, "document": {"S": json.dumps(content)}}


@pytest.mark.parametrize("kind", [RetrainingJob, LedgerLine])
def test_a_document_that_no_release_wrote_is_refused_and_named(kind: type[Record]) -> None:
    for document in ("", "[]", "{}", '{"version":"1"}'):
        with pytest.raises(RecordInvalid, match="JOB#churn-1"):
            record_of({"pk": {"S": "JOB#churn-1"}, "document": {"S": document}}, kind)


STORED = [
    (kind, json.loads(items[key]["document"]["S"]))
    for items in ITEMS.values()
    for key, kind in {"JOB": RetrainingJob, "DEPLOYMENT#000001": LedgerLine}.items()
    if key in items
]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(STORED).flatmap(lambda stored: st.tuples(st.just(stored[0]), odd([stored[1]]))))
def test_whatever_a_document_lacks_it_is_read_or_refused_by_name(stored: tuple[type[Record], list[Any]]) -> None:
    kind, content = stored
    for one in content:
        with suppress(RecordInvalid):
            assert isinstance(record_of({"pk": {"S": "JOB#churn-1"}, "document": {"S": json.dumps(one)}}, kind), kind)


def test_a_job_validated_by_an_earlier_release_is_deployed_and_closed() -> None:
    world = World()
    job_id = world.scored_job(rows(2000, 0.95), rows(2000, 0.88))
    stored = stored_job("validated")
    assert stored.job_id == job_id
    world.ports.jobs.save(stored.changed(revision=world.job(job_id).revision))
    world.deploy(job_id)
    assert world.close(decision={"job_id": job_id}).next == "succeed"
    assert (world.job(job_id).ending, world.job(job_id).status) == (Ending.PROMOTED, RetrainingStatus.COMPLETED)


def test_a_waiting_request_whose_reason_has_several_lines_is_still_heard() -> None:
    (item,) = (item for name, item in ITEMS["waiting"].items() if name.startswith("WAITING#"))
    old = json.loads(item["document"]["S"])
    old["request"] |= {"actor": "ada\n", "reason": "new\u202e\nlabels"}
    request = record_of(document(old), WaitingTrigger).request
    assert (request.actor, request.reason) == ("ada\\n", "new\\u202e\\nlabels")
