"""DeploymentLedger: what serves each model, and every change of it; a job writes only while it holds its lease."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from auto_retrain.adapters.dynamodb.keys import model_key
from auto_retrain.adapters.dynamodb.rollout_evidence import MAX_BYTES
from auto_retrain.adapters.dynamodb.table import item_of
from auto_retrain.domain.analysis import RolloutEvidence
from auto_retrain.domain.deployment_ledger import LedgerLine
from auto_retrain.domain.ending import Ending
from auto_retrain.domain.errors import (
    AutoRetrainError,
    JobConflict,
    PromotionRefused,
    RecordTooLarge,
    ServingConflict,
    StoreUnavailable,
)
from auto_retrain.domain.job import RetrainingJob
from auto_retrain.domain.model_state import Serving
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.rollout import Applied, Intervention
from auto_retrain.domain.serving import ServingChange, ServingRecord
from auto_retrain.domain.status import RetrainingStatus
from auto_retrain.domain.trigger_type import TriggerType
from tests.contracts.ports.aws_world import create_table, lose_answers
from tests.contracts.ports.stores import (
    LEASE,
    NOW,
    WINDOWS,
    Stores,
    a_job,
    a_promotion,
    a_rollout,
    deploying,
    dynamo_stores,
    rolling_out,
    some_evidence,
)
from tests.contracts.ports.test_unreadable import change_attribute, change_document


def promote(stores: Stores, job: RetrainingJob) -> ServingRecord:
    return stores.ledger.write(a_promotion(job, stores.ledger.serving(job.model_name)), job.promoted(NOW))


def promoted_and_closed(stores: Stores, number: int) -> ServingRecord:
    """A job's challenger serves, and the job has ended."""
    job = deploying(stores, number)
    saved = promote(stores, job)
    stores.jobs.close_job(job.promoted(NOW).next_revision().ended(Ending.PROMOTED, NOW), retrained=True)
    return saved


def is_untouched(stores: Stores, job: RetrainingJob) -> bool:
    is_empty = stores.ledger.serving("churn") == ServingRecord(model_name="churn")
    return is_empty and stores.ledger.lines("churn", 9) == [] and stores.jobs.get(job.job_id) == job


def test_an_unknown_model_has_an_empty_record(stores: Stores) -> None:
    assert stores.ledger.serving("churn") == ServingRecord(model_name="churn")
    assert stores.ledger.current("churn") is None
    assert stores.ledger.lines("churn", 9) == []
    assert stores.ledger.evidence("churn") is None
    assert stores.ledger.list_open() == []


def test_a_promotion_stores_the_record_its_line_and_its_job(stores: Stores) -> None:
    for number in range(1, 12):
        job = deploying(stores, number)
        before = stores.ledger.serving("churn")
        change = a_promotion(job, before)
        saved = stores.ledger.write(change, job.promoted(NOW))
        assert saved == stores.ledger.serving("churn") == change.record.next_revision()
        assert saved.champion == stores.ledger.current("churn") == change.line
        assert saved.previous == before.champion
        closing = job.promoted(NOW).next_revision()
        assert stores.jobs.get(job.job_id) == closing
        stores.jobs.close_job(closing.ended(Ending.PROMOTED, NOW), retrained=True)
    assert [line.sequence for line in stores.ledger.lines("churn", 3)] == [11, 10, 9]
    assert len(stores.ledger.lines("churn", 99)) == 11


def test_the_state_of_a_model_names_the_version_that_serves_and_since_when(stores: Stores) -> None:
    assert stores.states.get("churn").serving is None
    for number in (1, 2):
        promoted_and_closed(stores, number)
        # The job was created so many seconds after its event, and deployed at the same moment.
        assert stores.states.get("churn").serving == Serving(version=str(number), since=NOW - timedelta(seconds=number))
    stores.states.record_moved_alias("churn", "somebody else moved it")
    assert stores.states.get("churn").serving is None
    stores.states.record_moved_alias("churn", None)
    assert stores.states.get("churn").serving is not None


def test_a_version_that_a_replayed_event_deploys_serves_since_then(stores: Stores) -> None:
    past = a_job(1, status=RetrainingStatus.DEPLOYING, event_time=NOW - timedelta(days=365), created_at=NOW - LEASE)
    promote(stores, stores.jobs.open_job(past, NOW + LEASE))
    assert stores.states.get("churn").serving == Serving(version="1", since=NOW - timedelta(days=365) + LEASE)


def with_breaches(stores: Stores) -> None:
    for kind in (TriggerType.PERFORMANCE_DEGRADATION, TriggerType.DATA_DRIFT):
        stores.states.record_breach("churn", kind, NOW.date())


def breaches(stores: Stores) -> list[TriggerType]:
    return [kind for kind in TriggerType if stores.states.get("churn").breach_days(kind)]


def test_a_promotion_forgets_the_days_on_which_the_version_before_was_degraded(stores: Stores) -> None:
    with_breaches(stores)
    promote(stores, deploying(stores, 1))
    assert breaches(stores) == []


def test_a_roll_back_and_an_adoption_do_not_need_a_job_and_forget_those_days_as_well(stores: Stores) -> None:
    promoted_and_closed(stores, 1)
    record = promoted_and_closed(stores, 2)
    with_breaches(stores)
    assert record.previous is not None
    later = NOW + timedelta(hours=3)
    record = stores.ledger.write(record.rolled_back_to(record.previous, "ada", "too slow", later))
    assert breaches(stores) == []
    assert stores.states.get("churn").serving == Serving(version="1", since=later)
    current = stores.ledger.current("churn")
    assert current is not None
    assert (current.version.number, current.job_id, current.windows) == ("1", "churn-1", WINDOWS)
    assert (current.deployed_at, current.change, current.actor) == (later, "rolled_back", "ada")
    with_breaches(stores)
    stores.ledger.write(record.adopted(ModelVersion(number="7"), "somebody moved the alias", later))
    assert breaches(stores) == []
    assert stores.states.get("churn").serving == Serving(version="7", since=later)
    assert stores.ledger.current("churn") is None


def test_a_rollout_beside_the_champion_changes_neither_what_serves_nor_the_breaches(stores: Stores) -> None:
    record = promoted_and_closed(stores, 1)
    serving = stores.states.get("churn").serving
    with_breaches(stores)
    job = deploying(stores, 2)
    change = record.rolling_out(a_rollout(2), "auto-retrain", "canary", NOW)
    record = stores.ledger.write(change, job)
    stores.ledger.write(record.weighted(25, 1, "auto-retrain", "step 2", NOW))
    assert breaches(stores) == [TriggerType.PERFORMANCE_DEGRADATION, TriggerType.DATA_DRIFT]
    assert stores.states.get("churn").serving == serving
    current = stores.ledger.current("churn")
    assert current is not None
    assert current.version.number == "1"
    assert [line.weight for line in stores.ledger.lines("churn", 9)] == [25, 5, 0]


def test_the_lease_is_extended_with_the_change_and_only_by_its_job(stores: Stores) -> None:
    record = promoted_and_closed(stores, 1)
    job = deploying(stores, 2)
    until = NOW + timedelta(days=3)
    record = stores.ledger.write(record.rolling_out(a_rollout(2), "auto-retrain", "canary", NOW), job, until)
    assert stores.states.get("churn").lease_expires_at == until
    stores.clock.advance(LEASE * 2)
    record = stores.ledger.write(record.weighted(25, 1, "auto-retrain", "step 2", NOW), job.next_revision())
    assert stores.states.get("churn").owner_at(stores.clock.now()) == job.job_id
    stores.ledger.write(record.aborted("ada", "too slow", NOW), lease_until=until + LEASE)
    assert stores.states.get("churn").lease_expires_at == until


def test_a_write_that_is_repeated_changes_nothing(stores: Stores) -> None:
    job = deploying(stores, 1)
    change = a_promotion(job)
    saved = stores.ledger.write(change, job.promoted(NOW))
    with_breaches(stores)
    assert stores.ledger.write(change, job.promoted(NOW)) == saved
    assert stores.ledger.serving("churn") == saved
    assert len(stores.ledger.lines("churn", 9)) == 1
    assert stores.jobs.get(job.job_id) == job.promoted(NOW).next_revision()
    assert breaches(stores) == [TriggerType.PERFORMANCE_DEGRADATION, TriggerType.DATA_DRIFT]


def test_a_write_that_is_repeated_after_the_next_one_has_still_been_made(stores: Stores) -> None:
    change = ServingRecord(model_name="churn").adopted(ModelVersion(number="1"), "it served", NOW)
    saved = stores.ledger.write(change)
    noted = stores.ledger.note(saved.read_back(Applied(alias="1", at=NOW)))
    assert stores.ledger.write(change) == saved
    assert stores.ledger.serving("churn") == noted


def test_of_two_changes_of_one_revision_the_second_is_refused(stores: Stores) -> None:
    job = deploying(stores, 1)
    stores.ledger.write(a_promotion(job), job.promoted(NOW))
    stored = job.promoted(NOW).next_revision()
    with pytest.raises(ServingConflict, match="record of 'churn' has changed since revision 0 was read"):
        stores.ledger.write(a_promotion(job, reason="better still"), stored)
    assert stores.jobs.get(job.job_id) == stored
    assert [line.reason for line in stores.ledger.lines("churn", 9)] == ["better"]


def raised_by(action: Callable[[], Any]) -> AutoRetrainError | None:
    try:
        action()
    except AutoRetrainError as error:
        return error
    return None


def test_of_sixteen_writers_of_one_revision_exactly_one_wins(stores: Stores) -> None:
    record = promoted_and_closed(stores, 1)
    changes = [record.rolled_back_to(_line(record), f"person-{number}", "slow", NOW) for number in range(16)]
    with ThreadPoolExecutor(16) as pool:
        errors = list(pool.map(lambda change: raised_by(lambda: stores.ledger.write(change)), changes))
    assert [type(error) for error in errors].count(ServingConflict) == 15
    winner = changes[errors.index(None)]
    assert stores.ledger.serving("churn") == winner.record.next_revision()
    assert stores.ledger.lines("churn", 9) == [winner.line, record.champion]


def _line(record: ServingRecord) -> LedgerLine:
    assert record.champion is not None
    return record.champion


def test_the_length_of_a_pause_is_kept(stores: Stores) -> None:
    pause = Intervention(kind="pause", actor="ada", reason="lunch", at=NOW)
    paused = stores.ledger.note(rolling_out(stores, "churn").intervened(pause))
    resumed = stores.ledger.note(paused.resumed(pause, NOW + timedelta(days=45, seconds=3)))
    assert stores.ledger.serving("churn") == resumed
    assert resumed.rollout is not None
    assert resumed.rollout.paused == timedelta(days=45, seconds=3)


def test_of_a_note_and_a_change_of_one_revision_exactly_one_wins(stores: Stores) -> None:
    record = rolling_out(stores, "churn")
    paused = record.intervened(Intervention(kind="pause", actor="ada", reason="lunch", at=NOW))
    weighted = record.weighted(25, 1, "auto-retrain", "step 2", NOW)
    saved = stores.ledger.note(paused)
    assert saved == paused.next_revision() == stores.ledger.serving("churn")
    with pytest.raises(ServingConflict, match="changed since revision 2 was read"):
        stores.ledger.write(weighted)
    with pytest.raises(ServingConflict):
        stores.ledger.note(record.awaited_by("token"))
    assert stores.ledger.serving("churn") == saved
    assert len(stores.ledger.lines("churn", 9)) == 2


def test_a_note_that_is_repeated_changes_nothing(stores: Stores) -> None:
    noted = ServingRecord(model_name="churn").read_back(Applied(alias=None, at=NOW))
    assert stores.ledger.note(noted) == stores.ledger.note(noted) == stores.ledger.serving("churn")
    assert stores.ledger.serving("churn").revision == 1
    assert stores.ledger.lines("churn", 9) == []


def test_a_job_that_has_ended_deploys_nothing(stores: Stores) -> None:
    job = deploying(stores, 1)
    closed = stores.jobs.close_job(job.ended(Ending.FAILED, NOW, "stopped"), retrained=False)
    with pytest.raises(PromotionRefused, match="job 'churn-1' is failed and has given back the lease of 'churn'"):
        promote(stores, job)
    assert is_untouched(stores, closed)


def test_a_job_whose_lease_has_expired_deploys_nothing(stores: Stores) -> None:
    job = deploying(stores, 1)
    stores.clock.advance(LEASE)
    with pytest.raises(PromotionRefused, match=r"job 'churn-1' no longer holds the lease of 'churn'.* expired at 2026"):
        promote(stores, job)
    assert is_untouched(stores, job)


def test_a_job_whose_lease_another_job_has_taken_deploys_nothing(stores: Stores) -> None:
    job = deploying(stores, 1)
    stores.clock.advance(LEASE + timedelta(seconds=1))
    deploying(stores, 2)
    with pytest.raises(PromotionRefused, match=r"job 'churn-1' no longer holds .*: job 'churn-2' has taken it"):
        promote(stores, job)
    assert is_untouched(stores, job)


def test_a_job_whose_lease_is_lost_moves_no_weight_either(stores: Stores) -> None:
    record = promoted_and_closed(stores, 1)
    job = deploying(stores, 2)
    stores.clock.advance(LEASE)
    change = record.rolling_out(a_rollout(2), "auto-retrain", "canary", NOW)
    with pytest.raises(PromotionRefused, match="no longer holds the lease"):
        stores.ledger.write(change, job, lease_until=NOW + 9 * LEASE)
    assert stores.ledger.serving("churn") == record
    assert stores.states.get("churn").lease_expires_at == NOW + LEASE


def test_a_job_that_never_had_the_lease_deploys_nothing(stores: Stores) -> None:
    with pytest.raises(PromotionRefused, match="it was given back"):
        promote(stores, a_job(1))
    assert stores.ledger.current("churn") is None


def test_a_job_that_was_changed_meanwhile_deploys_nothing_yet(stores: Stores) -> None:
    job = deploying(stores, 1)
    changed = stores.jobs.save(job.reported("s3://artifacts/report.html"))
    with pytest.raises(JobConflict):
        promote(stores, job)
    assert is_untouched(stores, changed)
    assert _line(promote(stores, changed)).version.number == "1"


def test_the_lost_answer_to_a_write_is_not_an_error(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_table("jobs")
    stores = dynamo_stores(client)
    job = deploying(stores, 1)
    lost = lose_answers(client, monkeypatch, "TransactWriteItems", "PutItem")
    saved = promote(stores, job)
    noted = stores.ledger.note(saved.read_back(Applied(alias="1", at=NOW)))
    assert sorted(lost) == ["PutItem", "TransactWriteItems"]
    assert stores.jobs.get(job.job_id) == job.promoted(NOW).next_revision()
    assert stores.ledger.serving("churn") == noted
    assert len(stores.ledger.lines("churn", 9)) == 1


def test_a_write_that_collides_with_another_of_the_same_moment_may_be_tried_again(aws: None) -> None:
    """Nothing is read back that explains it: whatever was in the way has passed."""
    client = create_table("jobs")
    stores = dynamo_stores(client)
    change = ServingRecord(model_name="churn").adopted(ModelVersion(number="1"), "it served", NOW)
    client.put_item(TableName="jobs", Item={**model_key("churn", "DEPLOYMENT#000001"), "document": {"S": "{}"}})
    client.delete_item(TableName="jobs", Key=model_key("churn", "SERVING"))

    def vanishing(**request: Any) -> Any:
        client.delete_item(TableName="jobs", Key=model_key("churn", "DEPLOYMENT#000001"))
        return read(**request)

    read, client.batch_get_item = client.batch_get_item, vanishing
    with pytest.raises(StoreUnavailable, match="collided with another write"):
        stores.ledger.write(change)


def old_lines(client: Any, *numbers: int) -> list[LedgerLine]:
    """Lines as an earlier release left them, without a serving record."""
    lines = []
    for number in numbers:
        line = a_promotion(a_job(number), ServingRecord(model_name="churn", sequence=number - 1)).line
        client.put_item(TableName="jobs", Item=item_of(model_key("churn", f"DEPLOYMENT#{number:06}"), line))
        lines.append(line)
    return lines


def test_the_record_of_a_model_that_an_earlier_release_promoted_is_made_from_its_lines(aws: None) -> None:
    client = create_table("jobs")
    stores = dynamo_stores(client)
    (first,) = old_lines(client, 1)
    record = stores.ledger.serving("churn")
    assert record == ServingRecord(model_name="churn", sequence=1, champion=first)
    _, second = old_lines(client, 1, 2)
    assert stores.ledger.serving("churn") == record.changed(sequence=2, champion=second, previous=first)
    assert stores.ledger.current("churn") == second
    assert stores.ledger.list_open() == []
    rolled_back = stores.ledger.serving("churn").rolled_back_to(first, "ada", "too slow", NOW)
    assert stores.ledger.write(rolled_back).revision == 1
    assert [line.sequence for line in stores.ledger.lines("churn", 9)] == [3, 2, 1]
    assert stores.ledger.serving("churn") == rolled_back.record.next_revision()


def test_the_open_records_are_those_that_roll_out_or_are_not_followed(stores: Stores) -> None:
    for model in ("b-rolls", "a-rolls"):
        rolling_out(stores, model)
    stores.ledger.write(ServingRecord(model_name="behind").adopted(ModelVersion(number="1"), "it served", NOW))
    done = stores.ledger.write(ServingRecord(model_name="done").adopted(ModelVersion(number="1"), "it served", NOW))
    moved = stores.ledger.note(done.read_back(Applied(alias="2", at=NOW), conflict="the alias names 2"))
    assert [record.model_name for record, _ in stores.ledger.list_open()] == ["a-rolls", "b-rolls", "behind", "done"]
    stores.ledger.note(moved.read_back(Applied(alias="1", at=NOW)))
    assert stores.ledger.list_open() == [
        (stores.ledger.serving(name), None) for name in ("a-rolls", "b-rolls", "behind")
    ]


def test_an_open_record_comes_with_the_evidence_of_its_own_rollout(stores: Stores) -> None:
    record = rolling_out(stores, "churn")
    stores.ledger.keep_evidence([some_evidence(1)])
    assert stores.ledger.list_open() == [(record, None)]
    own = some_evidence(2, processes={"error_rate": {"e": 1.25, "n": [3, 4]}})
    stores.ledger.keep_evidence([own])
    stores.ledger.keep_evidence([own])
    assert stores.ledger.list_open() == [(record, own)]
    ended = stores.ledger.write(record.aborted("ada", "too slow", NOW))
    assert stores.ledger.list_open() == [(ended, None)]
    stores.ledger.note(ended.read_back(Applied(alias="1", at=NOW)))
    assert stores.ledger.list_open() == []
    assert stores.ledger.evidence("churn") == own


def test_evidence_that_is_late_opens_nothing(stores: Stores) -> None:
    stores.ledger.keep_evidence([some_evidence(2)])
    assert stores.ledger.list_open() == []
    assert stores.ledger.evidence("churn") == some_evidence(2)


def test_the_evidence_of_a_rollout_that_ended_leaves_the_index(aws: None) -> None:
    client = create_table("jobs")
    stores = dynamo_stores(client)
    record = rolling_out(stores, "churn")
    stores.ledger.keep_evidence([some_evidence(2)])
    assert len(indexed(client)) == 2
    record = stores.ledger.write(record.aborted("ada", "too slow", NOW))
    assert indexed(client) == ["SERVING"]
    stores.ledger.note(record.read_back(Applied(alias="1", at=NOW)))
    assert indexed(client) == []
    assert stores.jobs.list_active() == []


def indexed(client: Any) -> list[str]:
    return [item["sk"]["S"] for item in client.scan(TableName="jobs", IndexName="active_jobs")["Items"]]


def test_of_two_pieces_of_evidence_about_one_model_the_last_is_kept(stores: Stores) -> None:
    stores.ledger.keep_evidence([some_evidence(1), some_evidence(2, model="fraud"), some_evidence(2)])
    assert stores.ledger.evidence("churn") == some_evidence(2)
    assert stores.ledger.evidence("fraud") == some_evidence(2, model="fraud")
    stores.ledger.keep_evidence([])


def counted(client: Any) -> list[str]:
    """The calls from now on."""
    calls: list[str] = []
    client.meta.events.register("before-send.*", lambda event_name, **_: calls.append(event_name.split(".")[-1]))
    return calls


def test_the_evidence_of_250_models_is_kept_in_three_calls_and_listed_in_one(aws: None) -> None:
    client = create_table("jobs")
    stores = dynamo_stores(client)
    models = [f"gl-{number:03}" for number in range(250)]
    for model in models[::50]:
        rolling_out(stores, model)
    calls = counted(client)
    stores.ledger.keep_evidence([some_evidence(2, model=model) for model in models])
    assert calls == ["TransactWriteItems"] * 3
    calls.clear()
    assert [record.model_name for record, evidence in stores.ledger.list_open() if evidence] == models[::50]
    assert calls == ["Query"]
    assert stores.ledger.evidence("gl-249") == some_evidence(2, model="gl-249")


def large(model: str, size: int) -> RolloutEvidence:
    """Evidence that takes about so many bytes however it is written."""
    return some_evidence(2, model=model, processes={"error_rate": hex(Random(model).getrandbits(8 * size))})


def test_evidence_that_does_not_fit_into_one_transaction_takes_several(aws: None) -> None:
    client = create_table("jobs")
    stores = dynamo_stores(client)
    models = [f"gl-{number}" for number in range(12)]
    calls = counted(client)
    stores.ledger.keep_evidence([large(model, MAX_BYTES // 12) for model in models])
    assert calls == ["TransactWriteItems"] * 2
    assert all(stores.ledger.evidence(model) for model in models)


def test_evidence_that_is_too_large_is_named_and_keeps_out_no_other(aws: None) -> None:
    stores = dynamo_stores(create_table("jobs"))
    models = [f"gl-{number}" for number in range(5)]
    with pytest.raises(RecordTooLarge, match="MODEL#gl-2/ROLLOUT is too large"):
        stores.ledger.keep_evidence([large(model, 500_000 if model == "gl-2" else 10) for model in models])
    assert [model for model in models if not stores.ledger.evidence(model)] == ["gl-2"]


def test_a_busy_item_keeps_out_only_those_that_were_sent_with_it(aws: None) -> None:
    client = create_table("jobs")
    stores = dynamo_stores(client)
    models = [f"gl-{number:03}" for number in range(150)]
    first_fails(client, "TransactionConflict")
    with pytest.raises(StoreUnavailable, match="TransactionConflict"):
        stores.ledger.keep_evidence([some_evidence(2, model=model) for model in models])
    assert [model for model in models if stores.ledger.evidence(model)] == models[100:]


def first_fails(client: Any, code: str) -> None:
    """The next transaction fails, as if one of its items took part in another one."""
    send = client.transact_write_items

    def fail(**request: Any) -> None:
        client.transact_write_items = send
        reasons = [{"Code": code}, *({"Code": "None"} for _ in request["TransactItems"][1:])]
        answer = {"Error": {"Code": "TransactionCanceledException", "Message": code}, "CancellationReasons": reasons}
        raise ClientError(answer, "TransactWriteItems")  # type: ignore[arg-type]

    client.transact_write_items = fail


def test_a_record_that_cannot_be_read_hides_no_other_and_is_named(aws: None) -> None:
    client = create_table("jobs")
    stores = dynamo_stores(client)
    for model in ("churn", "fraud", "spam"):
        rolling_out(stores, model)
    stores.ledger.keep_evidence([some_evidence(2, model=model) for model in ("fraud", "spam")])
    change_document(client, "MODEL#churn", "SERVING", lambda document: document.update(sequence="many"))
    change_attribute(client, "MODEL#fraud", "ROLLOUT", "zipped", {"B": b"broken"})
    problems: list[str] = []
    assert stores.ledger.list_open(problems) == [
        (stores.ledger.serving("fraud"), None),
        (stores.ledger.serving("spam"), some_evidence(2, model="spam")),
    ]
    assert sorted(problem.split(":")[0] for problem in problems) == [
        "'MODEL#churn' cannot be read",
        "'MODEL#fraud' cannot be read",
    ]
    assert stores.ledger.list_open() == stores.ledger.list_open(problems)


def test_a_task_token_is_kept_and_stays_out_of_errors(aws: None) -> None:
    client = create_table("jobs")
    stores = dynamo_stores(client)
    record = stores.ledger.note(rolling_out(stores, "churn").awaited_by("SECRET"))
    ((listed, _),) = stores.ledger.list_open()
    assert listed == record
    assert listed.rollout is not None
    assert listed.rollout.task_token == "SECRET"
    change_document(client, "MODEL#churn", "SERVING", lambda document: document["rollout"].update(weight="SECRET"))
    problems: list[str] = []
    assert stores.ledger.list_open(problems) == []
    assert "SECRET" not in str(problems)


def test_a_change_keeps_what_the_record_already_says(stores: Stores) -> None:
    record = rolling_out(stores, "churn")
    change: ServingChange = record.aborted("ada", "too slow", NOW)
    saved = stores.ledger.write(change)
    assert saved.is_rolled_back("2")
    assert stores.ledger.serving("churn") == saved
    assert [line.change for line in stores.ledger.lines("churn", 9)] == ["ended", "weight", "adopted"]


def test_the_watched_records_are_those_of_provisional_promotions_and_untold_failures(stores: Stores) -> None:
    record = stores.ledger.write(ServingRecord(model_name="churn").adopted(ModelVersion(number="1"), "it served", NOW))
    assert stores.ledger.list_watched() == []
    job = a_job(2)
    change = record.promoted(ModelVersion(number="2"), job, "auto-retrain", "better", NOW, timedelta(days=7))
    watched = stores.ledger.write(change)
    assert stores.ledger.list_watched() == [watched]
    followed = stores.ledger.note(watched.read_back(Applied(alias="2", at=NOW)))
    assert stores.ledger.list_open() == []
    assert stores.ledger.list_watched() == [followed]
    assert record.champion
    back = stores.ledger.write(followed.rolled_back_to(record.champion, "auto-retrain", "worse", NOW))
    back = stores.ledger.note(back.read_back(Applied(alias="1", at=NOW)))
    assert stores.ledger.list_watched() == [back]
    assert back.alert
    stores.ledger.note(back.alerted(back.alert.changed(settled=True).acknowledged_by("ada", None, NOW)))
    assert stores.ledger.list_watched() == []
