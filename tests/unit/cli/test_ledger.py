"""`ledger` shows what served a model from when to when, put there by whom and why."""

import json
from datetime import datetime, timedelta

from auto_retrain.domain.deployment_ledger import LedgerLine, Period
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.policy.deployment import CanaryDeployment
from auto_retrain.domain.policy.traffic import RouterTarget
from auto_retrain.domain.rollout import Rollout
from auto_retrain.domain.serving import ServingRecord
from auto_retrain.domain.windows import windows_at
from tests.unit.builders import NOON
from tests.unit.cli.terminal import Terminal

REASON = "the accuracy is 0.0213 better on 5,000 rows, with an interval from 0.0101 to 0.0325; 5 slices hold"


def old_line(sequence: int, at: datetime = NOON, reason: str = REASON) -> LedgerLine:
    """A promotion as an earlier release recorded it: without an actor."""
    return LedgerLine(
        model_name="churn",
        sequence=sequence,
        version=ModelVersion(number=str(sequence)),
        previous_version=str(sequence - 1) if sequence > 1 else None,
        job_id=f"churn-{sequence}",
        reason=reason,
        deployed_at=at,
        windows=windows_at(NOON, evaluation_days=10, training_days=20, label_delay_days=0),
    )


def day(number: int) -> datetime:
    return NOON + timedelta(days=number)


def canary_that_is_aborted(terminal: Terminal) -> ServingRecord:
    """Versions 1 and 2 were promoted, then version 3 was tried and taken back, then version 2 as well."""
    ledger = terminal.ports.ledger
    ledger.add(old_line(1))
    ledger.add(old_line(2, day(1)))
    rollout = Rollout(
        job_id="churn-3",
        challenger=ModelVersion(number="3"),
        deployment=CanaryDeployment(strategy="canary", traffic=RouterTarget(adapter="router")),
        policy_version=1,
        started_at=day(2),
        since=day(2),
        weight=5,
    )
    record = ledger.write(ledger.serving("churn").rolling_out(rollout, "auto-retrain", "step 1 of 3", day(2)))
    record = ledger.write(record.weighted(25, 1, "auto-retrain", "step 2 of 3", day(3)))
    return ledger.write(record.aborted("auto-retrain", "error rate 5 % instead of 1 %", day(4)))


def test_every_change_is_shown_with_its_time_its_cause_and_its_reason(terminal: Terminal) -> None:
    record = canary_that_is_aborted(terminal)
    assert record.previous is not None
    terminal.ports.ledger.write(record.rolled_back_to(record.previous, "ada", "it\x1b[31m is slow", day(5)))
    assert terminal.seen("ledger", "churn") == [
        "FROM                  UNTIL                 SERVES  CHANGE",
        "2026-03-06 12:00:00Z  now                   1       rolled back instead of 2",
        r"  by ada: it\x1b[31m is slow",
        "2026-03-05 12:00:00Z  2026-03-06 12:00:00Z  2       the rollout ended",
        "  by auto-retrain: error rate 5 % instead of 1 %",
        "2026-03-04 12:00:00Z  2026-03-05 12:00:00Z  2       25 % to version 3",
        "  by auto-retrain: step 2 of 3",
        "2026-03-03 12:00:00Z  2026-03-04 12:00:00Z  2       5 % to version 3",
        "  by auto-retrain: step 1 of 3",
        "2026-03-02 12:00:00Z  2026-03-06 12:00:00Z  2       promoted instead of 1",
        "  by job churn-2: the accuracy is 0.0213 better on 5,000 rows, with an interval",
        "  from 0.0101 to 0.0325; 5 slices hold",
        "2026-03-01 12:00:00Z  2026-03-02 12:00:00Z  1       promoted",
        "  by job churn-1: the accuracy is 0.0213 better on 5,000 rows, with an interval",
        "  from 0.0101 to 0.0325; 5 slices hold",
    ]


def test_copies_and_versions_of_somebody_else_are_named(terminal: Terminal) -> None:
    ledger = terminal.ports.ledger
    record = ledger.write(ServingRecord(model_name="churn").adopted(ModelVersion(number="7"), "", NOON))
    rollout = Rollout(
        job_id="churn-8",
        challenger=ModelVersion(number="8"),
        deployment=CanaryDeployment(strategy="canary", traffic=RouterTarget(adapter="router")),
        policy_version=1,
        started_at=NOON,
        since=NOON,
        mirror_share=10,
    )
    ledger.write(record.rolling_out(rollout, "auto-retrain", "shadow", day(1)))
    lines = terminal.ok("ledger", "churn").splitlines()
    assert [line[52:] for line in lines[1::2]] == ["copies of 10 % to version 8", "adopted"]
    assert lines[-1] == "  by somebody else: no reason given"
    assert max(map(len, lines)) <= 80


def test_the_newest_changes_come_first_up_to_a_limit(terminal: Terminal) -> None:
    canary_that_is_aborted(terminal)
    lines = terminal.ok("ledger", "churn", "--limit", "1").splitlines()
    assert lines[1:] == [
        "2026-03-05 12:00:00Z  now                   2       the rollout ended",
        "  by auto-retrain: error rate 5 % instead of 1 %",
    ]
    assert terminal.run("ledger", "churn", "--limit", "0").code == 2


def test_it_also_prints_json_with_the_end_of_each(terminal: Terminal) -> None:
    canary_that_is_aborted(terminal)
    periods = [
        Period.model_validate_json(json.dumps(each)) for each in json.loads(terminal.ok("ledger", "churn", "--json"))
    ]
    lines = terminal.ports.ledger.lines("churn", 9)
    assert [period.sequence for period in periods] == [line.sequence for line in lines] == [5, 4, 3, 2, 1]
    assert [period.until for period in periods] == [None, day(4), day(3), None, day(1)]


def test_a_model_that_deployed_nothing_says_so_and_an_unknown_one_is_refused(terminal: Terminal) -> None:
    answer = terminal.run("ledger", "churn")
    assert answer.code == 1
    assert answer.err.startswith("auto-retrain: model 'churn' has no policy, and never had one; see ")
    terminal.apply()
    assert terminal.ok("ledger", "churn") == "churn: nothing was deployed yet\n"
    assert terminal.ok("ledger", "churn", "--json") == "[]\n"
    canary_that_is_aborted(terminal)
    terminal.ok("models", "remove", "churn", "--yes")
    assert "promoted" in terminal.ok("ledger", "churn")
