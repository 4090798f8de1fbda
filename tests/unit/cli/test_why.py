"""`why` shows what was decided on which evidence; `why-not` what would be decided now, and what holds it back."""

import json
from datetime import timedelta

from auto_retrain.domain.decision_record import DecisionRecord
from auto_retrain.domain.metric_reading import MetricReading
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.domain.verdict import Outcome, Verdict
from tests.unit.builders import NOON
from tests.unit.cli.terminal import Terminal
from tests.unit.usecases.world import EXECUTION, MANUAL, World

DRIFT = Verdict(
    check="data_drift:age",
    outcome=Outcome.MET,
    reason="PSI 0.310 of 'age' exceeds 0.25",
    value=0.31,
    limit=0.25,
    n=5000,
    interval=(0.28, 0.3412345),
    p_value=1.234e-7,
    evidence="counted",
)
SUPPRESSED = DecisionRecord(
    model_name="churn",
    key="one",
    event_time=NOON,
    recorded_at=NOON,
    trigger_type=TriggerType.DATA_DRIFT,
    outcome="suppressed",
    reason="cool-down until\x1b[31m tomorrow",
    held_by="cool_down",
    verdicts=(DRIFT,),
    actor="ada",
    execution_arn=EXECUTION,
    job_id="churn-1",
)


def test_a_decision_is_shown_with_its_evidence(terminal: Terminal) -> None:
    terminal.apply()
    terminal.ports.decisions.record(SUPPRESSED)
    assert terminal.ok("why", "churn").splitlines() == [
        "2026-03-01 12:00:00Z  data_drift  suppressed by cool_down",
        r"  cool-down until\x1b[31m tomorrow",
        "  data_drift:age: met value 0.31, limit 0.25, n 5000, interval [0.28, 0.3412], p 1.23e-07, evidence counted",
        "  actor: ada",
        "  job: churn-1",
        f"  execution: {EXECUTION}",
    ]


def verdict(check: str, outcome: Outcome) -> Verdict:
    return Verdict(check=check, outcome=outcome, reason=check)


def shown(terminal: Terminal, *verdicts: Verdict, options: tuple[str, ...] = ()) -> list[str]:
    """The lines about the verdicts of a decision."""
    terminal.apply()
    terminal.ports.decisions.record(SUPPRESSED.changed(verdicts=verdicts))
    return [line.strip() for line in terminal.ok("why", "churn", *options).splitlines()[2:-3]]


METRIC, SCHEDULE = verdict("performance_degradation", Outcome.UNMET), verdict("scheduled", Outcome.UNMET)
CALM = [verdict(f"data_drift:f{number}", Outcome.UNMET) for number in range(20)]
MOVED = [verdict(f"data_drift:g{number}", Outcome.MET) for number in range(5)]


def test_of_many_features_those_are_shown_that_called_for_the_decision(terminal: Terminal) -> None:
    drift = verdict("data_drift", Outcome.MET)
    assert shown(terminal, METRIC, SCHEDULE, drift, *CALM, *MOVED) == [
        "data_drift: met",
        "data_drift:g0: met",
        "data_drift:g1: met",
        "and 25 more; --all shows them",
    ]


def test_if_nothing_was_met_the_triggers_are_shown_and_no_features(terminal: Terminal) -> None:
    drift = verdict("data_drift", Outcome.UNMET)
    assert shown(terminal, METRIC, SCHEDULE, drift, *MOVED[:1], *CALM) == [
        "performance_degradation: unmet",
        "scheduled: unmet",
        "data_drift: unmet",
        "and 21 more; --all shows them",
    ]


def test_what_could_not_be_judged_comes_before_what_is_calm(terminal: Terminal) -> None:
    unknown = verdict("data_drift", Outcome.INCONCLUSIVE)
    few = verdict("data_drift:f", Outcome.INCONCLUSIVE)
    lines = shown(terminal, METRIC, SCHEDULE, unknown, *CALM, few)
    assert lines[:3] == ["data_drift: inconclusive", "data_drift:f: inconclusive", "data_drift:f0: unmet"]


def test_all_verdicts_are_shown_in_their_order_on_request(terminal: Terminal) -> None:
    lines = shown(terminal, METRIC, *CALM, *MOVED, options=("--all",))
    assert [line.partition(": ")[0] for line in lines] == [one.check for one in (METRIC, *CALM, *MOVED)]


def test_few_verdicts_are_all_shown(terminal: Terminal) -> None:
    lines = shown(terminal, SCHEDULE, METRIC, METRIC)
    assert len(lines) == 3
    assert "--all" not in "".join(lines)


def test_the_newest_decisions_come_first_up_to_a_limit(terminal: Terminal) -> None:
    terminal.apply()
    for day in range(7):
        terminal.ports.decisions.record(SUPPRESSED.changed(event_time=NOON + timedelta(days=day)))
    assert terminal.ok("why", "churn").count("suppressed") == 5
    assert terminal.ok("why", "churn", "--limit", "1").startswith("2026-03-07 12:00:00Z")


def test_decisions_about_a_removed_model_are_still_shown(terminal: Terminal) -> None:
    terminal.apply()
    assert terminal.ok("why", "churn") == "churn: no decisions yet\n"
    terminal.ports.decisions.record(SUPPRESSED)
    terminal.ok("models", "remove", "churn", "--yes")
    assert "suppressed by cool_down" in terminal.ok("why", "churn")


def test_both_commands_also_print_json(terminal: Terminal) -> None:
    terminal.apply()
    assert json.loads(terminal.ok("why", "churn", "--json")) == []
    terminal.ports.decisions.record(SUPPRESSED)
    (decision,) = json.loads(terminal.ok("why", "churn", "--json"))
    assert decision.pop("name") == SUPPRESSED.name
    assert DecisionRecord.model_validate(decision) == SUPPRESSED
    outlook = json.loads(terminal.ok("why-not", "churn", "--json"))
    assert [trigger["trigger_type"] for trigger in outlook["triggers"]] == [trigger.value for trigger in TriggerType]


def test_an_old_check_of_the_data_is_shown_with_its_age(terminal: Terminal) -> None:
    terminal.apply()
    for days, text in ((0.5, "(12 hours ago)"), (90, "(90 days ago)")):
        terminal.ports.clock.advance(NOON + timedelta(days=days) - terminal.ports.clock.now())
        terminal.ports.decisions.record(SUPPRESSED)
        assert f"judged 2026-03-01 12:00:00Z {text}" in terminal.ok("why-not", "churn")
    assert "out of date; auto-retrain drift churn judges the data of now" in terminal.ok("why-not", "churn")


def test_data_that_were_never_checked_are_the_reason_why_drift_is_unknown(terminal: Terminal) -> None:
    terminal.apply()
    lines = terminal.ok("why-not", "churn").splitlines()
    assert lines[lines.index("data_drift: unknown") + 1] == "  no check of its data is known"
    terminal.ports.decisions.record(SUPPRESSED)
    assert "no check of its data" not in terminal.ok("why-not", "churn")


def test_a_prediction_shows_which_triggers_are_met_and_what_holds_them_back(terminal: Terminal) -> None:
    world = World()
    terminal.ports = world.ports
    terminal.ports.metrics.readings["churn"] = MetricReading(value=0.8, rows=5000, points=30, newest_at=NOON)
    job_id = world.open()
    world.check({**MANUAL, "actor": "bob"}, execution=f"{EXECUTION}-2")
    lines = terminal.ok("why-not", "churn").splitlines()
    assert lines[0] == (
        "churn: policy version 1, active; last retrained never; 2 retrainings in 24 hours and 30 in 30 days are left"
    )
    assert "performance_degradation: held back" in lines
    assert any(line.startswith("  met: ") and "0.8" in line and "n 5000" in line for line in lines)
    assert any(line.startswith(f"  held back by running_job: job '{job_id}'") for line in lines)
    assert any(line.startswith("  held back by cool_down: ") for line in lines)
    assert lines[-1] == "waits for the running job: manual of 2026-03-01 12:00:00Z, requested by bob (churn-5e7fd34130)"
    assert not terminal.ports.executions.started
