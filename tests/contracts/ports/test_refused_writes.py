"""A refused write is told by its reason: somebody was faster, the table is busy, or it can never succeed.

The answers are DynamoDB's own; the emulated one does not give all of them.
"""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from auto_retrain.adapters.dynamodb.jobs import MAX_BYTES_BEFORE_THE_END
from auto_retrain.adapters.dynamodb.refusals import MAX_ITEM_BYTES
from auto_retrain.domain.ending import Ending
from auto_retrain.domain.errors import AwsRefused, JobConflict, PermanentError, RecordTooLarge, StoreUnavailable
from auto_retrain.domain.model_state import Quarantine
from auto_retrain.domain.serving import ServingRecord
from auto_retrain.domain.status import RetrainingStatus
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.usecases.ending.end_job import MAX_ERROR_LENGTH
from tests.contracts.ports.aws_world import create_table
from tests.contracts.ports.stores import (
    LEASE,
    NOW,
    Stores,
    a_job,
    a_promotion,
    dynamo_stores,
    failed,
    running,
    some_evidence,
)
from tests.contracts.ports.test_decisions import decided
from tests.contracts.ports.test_waiting import waiting
from tests.unit.builders import a_policy

JOB = a_job()
TOO_LARGE = "Item size has exceeded the maximum allowed size"
TO_UPDATE = "Item size to update has exceeded the maximum allowed size"

SINGLE: dict[str, Callable[[Stores], Any]] = {
    "a job": lambda stores: stores.jobs.save(JOB),
    "a waiting trigger": lambda stores: stores.waiting.add(waiting(TriggerType.SCHEDULED, "arn:1")),
    "a trigger no longer waiting": lambda stores: stores.waiting.remove(waiting(TriggerType.SCHEDULED, "arn:1")),
    "a decision": lambda stores: stores.decisions.record(decided("1", 1)),
    "a deployment": lambda stores: stores.ledger.write(a_promotion(JOB), JOB),
    "a serving record": lambda stores: stores.ledger.note(ServingRecord(model_name="churn")),
    "evidence": lambda stores: stores.ledger.keep_evidence([some_evidence()]),
    "a claim": lambda stores: stores.notifications.claim("event", "me", NOW + LEASE),
    "a confirmation": lambda stores: stores.notifications.confirm("event", NOW + LEASE),
    "a check": lambda stores: stores.states.record_drift_check("churn", NOW),
    "a breach": lambda stores: stores.states.record_breach("churn", TriggerType.DATA_DRIFT, NOW.date()),
    "a quarantine": lambda stores: stores.states.set_quarantine("churn", Quarantine(reason="empty", since=NOW)),
    "no quarantine": lambda stores: stores.states.set_quarantine("churn", None),
}
TRANSACTIONS: dict[str, Callable[[Stores], Any]] = {
    "an opening": lambda stores: stores.jobs.open_job(JOB, NOW + LEASE),
    "a close": lambda stores: stores.jobs.close_job(failed(JOB), retrained=False),
    "a policy": lambda stores: stores.policies.apply(a_policy(), "ada", NOW),
}


class Refusing:
    """A DynamoDB that holds nothing and refuses every write with one error."""

    def __init__(self, code: str, message: str, reasons: tuple[tuple[str, str], ...] = (), status: int = 400) -> None:
        listed = [{"Code": code, "Message": text} if text else {"Code": code} for code, text in reasons]
        self._answer: Any = {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status},
            **({"CancellationReasons": listed} if reasons else {}),
        }

    def get_item(self, **_: Any) -> dict[str, Any]:
        return {}

    def batch_get_item(self, **_: Any) -> dict[str, Any]:
        return {"Responses": {}}

    def query(self, **_: Any) -> dict[str, Any]:
        return {"Items": []}

    def refuse(self, **request: Any) -> None:
        answer = dict(self._answer)
        if "CancellationReasons" in answer and "TransactItems" not in request:
            answer = {"Error": {"Code": "ConditionalCheckFailedException", "Message": "refused"}}
        if "CancellationReasons" in answer:
            others = len(request["TransactItems"]) - len(answer["CancellationReasons"])
            answer["CancellationReasons"] = [*answer["CancellationReasons"], *[{"Code": "None"}] * others]
        raise ClientError(answer, "Write")

    put_item = update_item = delete_item = transact_write_items = refuse


def cancelled(*reasons: tuple[str, str]) -> Stores:
    """Stores on a DynamoDB that cancels transactions for these reasons, a code and a message for each of two writes."""
    codes = ", ".join(code for code, _ in reasons)
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    return dynamo_stores(Refusing("TransactionCanceledException", message, reasons))


NONE, CONDITION = ("None", ""), ("ConditionalCheckFailed", "The conditional request failed")
PASSING = [
    ("TransactionConflict", "Transaction is ongoing for the item"),
    ("ThrottlingError", "Throughput exceeds the current capacity of your table or index"),
    ("ProvisionedThroughputExceeded", "The level of configured provisioned throughput was exceeded"),
]
FINAL = [
    (("ValidationError", TO_UPDATE), RecordTooLarge),
    (("ValidationError", TOO_LARGE), RecordTooLarge),
    (("ItemCollectionSizeLimitExceeded", "Collection size exceeded"), RecordTooLarge),
    (("ValidationError", "An operand in the update expression has an incorrect data type"), AwsRefused),
    (("SomethingNew", "nobody knows"), AwsRefused),
]


@pytest.mark.parametrize("write", SINGLE.values(), ids=SINGLE)
def test_a_record_that_is_too_large_is_named_and_final(write: Any) -> None:
    with pytest.raises(RecordTooLarge, match=r"^(JOB|MODEL|EVENT)#\S+ does not fit into the table.*maximum allowed"):
        write(dynamo_stores(Refusing("ValidationException", TOO_LARGE)))


@pytest.mark.parametrize("write", SINGLE.values(), ids=SINGLE)
def test_a_write_that_is_wrong_is_final(write: Any) -> None:
    with pytest.raises(AwsRefused, match=r"^DynamoDB refuses (JOB|MODEL|EVENT)#\S+ .*unused"):
        write(dynamo_stores(Refusing("ValidationException", "Value provided in ExpressionAttributeValues unused")))


@pytest.mark.parametrize("code", ["TransactionConflictException", "ThrottlingException", "InternalServerError"])
@pytest.mark.parametrize("write", SINGLE.values(), ids=SINGLE)
def test_a_busy_table_may_accept_the_write_later(write: Any, code: str) -> None:
    with pytest.raises(StoreUnavailable, match=code):
        write(dynamo_stores(Refusing(code, "busy")))


@pytest.mark.parametrize(("reason", "error"), FINAL, ids=[str(number) for number in range(len(FINAL))])
@pytest.mark.parametrize("beside", [NONE, CONDITION, *PASSING], ids=lambda reason: reason[0])
@pytest.mark.parametrize("write", TRANSACTIONS.values(), ids=TRANSACTIONS)
def test_a_transaction_that_can_never_succeed_is_final_whatever_else_was_wrong(
    write: Any, beside: tuple[str, str], reason: tuple[str, str], error: type[PermanentError]
) -> None:
    for reasons, refused in (((reason, beside), "first"), ((beside, reason), "second")):
        with pytest.raises(error, match=r"(JOB|MODEL)#churn\S* ") as caught:
            write(cancelled(*reasons))
        assert reason[1] in str(caught.value), refused


@pytest.mark.parametrize("reason", PASSING, ids=lambda reason: reason[0])
@pytest.mark.parametrize("write", TRANSACTIONS.values(), ids=TRANSACTIONS)
def test_a_transaction_on_a_busy_table_may_succeed_later(
    monkeypatch: pytest.MonkeyPatch, write: Any, reason: tuple[str, str]
) -> None:
    monkeypatch.setattr("auto_retrain.adapters.dynamodb.audit_chain.LONGEST_WAIT", 0.0)
    with pytest.raises(StoreUnavailable, match=reason[0]):
        write(cancelled(NONE, reason))


@pytest.mark.parametrize("beside", [NONE, *PASSING], ids=lambda reason: reason[0])
@pytest.mark.parametrize("write", TRANSACTIONS.values(), ids=TRANSACTIONS)
def test_a_transaction_whose_condition_fails_is_a_collision(write: Any, beside: tuple[str, str]) -> None:
    with pytest.raises((StoreUnavailable, JobConflict), match=r"collided|has changed since|at the same time"):
        write(cancelled(CONDITION, beside))


def test_a_job_that_is_too_large_is_refused_before_it_is_written_and_its_largest_field_is_named(aws: None) -> None:
    stores = dynamo_stores(create_table("jobs"))
    large = a_job(trigger_reason="x" * MAX_BYTES_BEFORE_THE_END)
    with pytest.raises(RecordTooLarge, match=r"^JOB#churn-1/JOB is too large .* 380002 are its field 'trigger_reason'"):
        stores.jobs.open_job(large, NOW + LEASE)
    assert stores.jobs.get("churn-1") is None
    assert stores.states.get("churn").owner_at(NOW) is None


def test_a_policy_that_is_too_large_is_named(aws: None) -> None:
    stores = dynamo_stores(create_table("jobs"))
    large = a_policy(data={**a_policy().data.model_dump(), "numeric": [f"{n:0>120}" for n in range(4000)]})
    with pytest.raises(RecordTooLarge, match=r"^MODEL#churn/POLICY\S* does not fit .* are its field 'policy'"):
        stores.policies.apply(large, "ada", NOW)
    assert stores.policies.get("churn") is None


def test_a_job_as_large_as_it_may_be_can_still_be_closed(aws: None) -> None:
    stores = dynamo_stores(create_table("jobs"))
    job = stores.jobs.open_job(running(a_job(trigger_reason="ü" * 189_000)), NOW + LEASE)
    ended = job.ended(Ending.FAILED, NOW, "\n" * MAX_ERROR_LENGTH)
    assert stores.jobs.close_job(ended, retrained=False).status is RetrainingStatus.FAILED
    assert stores.states.get("churn").owner_at(NOW) is None
    assert MAX_BYTES_BEFORE_THE_END + 6 * MAX_ERROR_LENGTH < MAX_ITEM_BYTES
