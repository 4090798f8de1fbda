"""DecisionLog and SweepLog: the decisions, newest first, and how far the sweep has got."""

from datetime import timedelta
from typing import Any

import pytest

from auto_retrain.adapters.dynamodb import decisions as decision_log
from auto_retrain.domain.decision_record import DecisionRecord
from auto_retrain.domain.fleet import FleetMoney, FleetUsage, SweepMark
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.domain.verdict import Outcome, Verdict
from tests.contracts.ports.aws_world import create_table, lose_answers
from tests.contracts.ports.stores import NOW, Stores, a_job, dynamo_stores

HOUR = timedelta(hours=1)
VERDICT = Verdict(check="performance", outcome=Outcome.MET, reason="low", value=0.9, limit=0.92, n=500, p_value=1e-300)


def decided(key: str, hours: int, model: str = "churn", **fields: Any) -> DecisionRecord:
    defaults: dict[str, Any] = {
        "model_name": model,
        "key": key,
        "event_time": NOW + hours * HOUR,
        "recorded_at": NOW,
        "trigger_type": TriggerType.PERFORMANCE_DEGRADATION,
        "outcome": "suppressed",
        "reason": "cool-down",
        "held_by": "cool_down",
        "verdicts": (VERDICT,),
    }
    return DecisionRecord(**{**defaults, **fields}).sealed()


def test_the_newest_decisions_of_a_model_come_first(stores: Stores) -> None:
    for key, hours in (("a", 1), ("b", 3), ("c", 2)):
        stores.decisions.record(decided(key, hours))
    stores.decisions.record(decided("d", 9, model="fraud"))
    assert [decision.key for decision in stores.decisions.recent("churn", 2)] == ["b", "c"]
    assert stores.decisions.recent("churn", 9)[-1] == decided("a", 1)
    assert list(stores.decisions.newest_first("churn")) == stores.decisions.recent("churn", 9)
    assert stores.decisions.recent("nobody", 9) == []


def test_decisions_are_read_page_by_page_and_only_as_far_as_somebody_asks(
    aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = create_table("jobs")
    decisions = dynamo_stores(client).decisions
    for number in range(5):
        decisions.record(decided(f"{number}", number))
    pages, query = [], client.query
    monkeypatch.setattr(decision_log, "PAGE", 2)
    monkeypatch.setattr(client, "query", lambda **asked: pages.append(asked) or query(**asked))
    newest = decisions.newest_first("churn")
    assert ([next(newest).key for _ in range(2)], len(pages)) == (["4", "3"], 1)
    assert ([decision.key for decision in newest], len(pages)) == (["2", "1", "0"], 3)


def test_what_a_decision_was_judged_on_is_kept_beside_it(stores: Stores) -> None:
    decision = decided("a", 1)
    stores.decisions.record(decision, evidence=b'{"first":1}')
    # The same decision again changes nothing, whatever it was judged on this time.
    stores.decisions.record(decision, evidence=b'{"second":2}')
    assert (stores.decisions.stored(decision), stores.decisions.evidence(decision)) == (decision, b'{"first":1}')
    stores.decisions.record(decided("a", 1, outcome="started", held_by=None), evidence=b"{}")
    assert stores.decisions.evidence(decision) == b"{}"
    nothing = decided("b", 1)
    assert (stores.decisions.stored(nothing), stores.decisions.evidence(nothing)) == (None, None)
    assert len(stores.decisions.recent("churn", 9)) == 1


def test_what_opened_a_job_is_kept_with_its_decision(stores: Stores) -> None:
    job = stores.jobs.open_job(a_job(), NOW + HOUR, evidence=b"{}")
    assert stores.decisions.stored(job.decision) == job.decision
    assert stores.decisions.evidence(job.decision) == b"{}"


def test_the_same_decision_again_replaces_the_earlier_one(stores: Stores) -> None:
    stores.decisions.record(decided("a", 1))
    stores.decisions.record(decided("a", 1, outcome="started", held_by=None))
    (decision,) = stores.decisions.recent("churn", 9)
    assert decision.outcome == "started"


def test_decisions_with_the_same_time_do_not_replace_each_other(stores: Stores) -> None:
    for key in ("a", "b"):
        stores.decisions.record(decided(key, 1))
    assert len(stores.decisions.recent("churn", 9)) == 2


def test_decisions_have_a_time_to_live_in_the_table(aws: None) -> None:
    client = create_table("jobs")
    dynamo_stores(client).decisions.record(decided("a", hours=-99))
    (item,) = client.scan(TableName="jobs")["Items"]
    assert item["expires_at"] == {"N": str(int((NOW + timedelta(days=400)).timestamp()))}


def test_the_mark_of_the_sweep_never_moves_back(stores: Stores) -> None:
    money = FleetMoney(month="2026-03", spent=4.1, reserved=1.2)
    usage = FleetUsage(active_jobs=1, retrained_in_30_days=2, money=money)
    assert stores.sweeps.last() is None
    for models, hours in enumerate((1, 3, 3, 2)):
        stores.sweeps.save(SweepMark(at=NOW + hours * HOUR, models=models, usage=usage))
    assert stores.sweeps.last() == SweepMark(at=NOW + 3 * HOUR, models=2, usage=usage)


def test_a_decision_too_large_for_an_item_keeps_its_first_verdicts(aws: None) -> None:
    decisions = dynamo_stores(create_table("jobs")).decisions
    long = [VERDICT.model_copy(update={"check": f"check-{number}", "reason": "é" * 1_000}) for number in range(500)]
    decisions.record(decided("a", 1, verdicts=tuple(long), reason="é" * 500_000))
    (decision,) = decisions.recent("churn", 1)
    assert 10 < len(decision.verdicts) < 50
    assert decision.verdicts == tuple(long[: len(decision.verdicts)])
    assert decision.reason == "é" * 10_000


def test_a_mark_is_stored_even_if_the_answer_is_lost(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_table("jobs")
    sweeps = dynamo_stores(client).sweeps
    lost = lose_answers(client, monkeypatch, "PutItem")
    mark = SweepMark(at=NOW, models=1, usage=FleetUsage(active_jobs=0, retrained_in_30_days=0))
    sweeps.save(mark)
    assert lost
    assert sweeps.last() == mark
