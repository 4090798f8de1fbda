"""Drift is judged on request, and both PSIs are shown side by side."""

import json
import re
import sys
from datetime import timedelta

import pytest

from auto_retrain.domain.job import RetrainingJob
from tests.unit.builders import NOON
from tests.unit.cli.terminal import Terminal
from tests.unit.cli.test_why import DRIFT
from tests.unit.usecases.triggering.test_detect_drift import world_with_features
from tests.unit.usecases.world import World

AGE = {"psi": 0.9791, "drifted": True}
PLAN = {"psi": None, "drifted": None}


def write_report(world: World, report_id: str, model: str = "churn") -> None:
    document = {"schema_version": 1, "job_id": report_id, "model_name": model, "evidently_version": "0.7.23"}
    content = json.dumps({**document, "features": {"age": AGE, "plan": PLAN}})
    world.ports.data.write(f"jobs/{report_id}/report/psi.json", content.encode())


def test_each_feature_is_judged_now_and_nothing_is_started(terminal: Terminal) -> None:
    terminal.ports = world_with_features(live_age=60).ports
    heading, *rows, together, dataset = terminal.ok("drift", "churn").splitlines()
    assert heading.split() == ["FEATURE", "PSI", "ADJUSTED", "P", "VERDICT", "REASON"]
    cells = [re.split("  +", row) for row in rows]
    assert [(row[0], row[3]) for row in cells] == [("age", "met"), ("plan", "unmet")]
    assert cells[0][2] == "< 1e-300"
    assert cells[0][4].startswith("PSI ")
    assert cells[1][4:] == ["-"], "a PSI below its limit says all by itself"
    assert together.startswith("together: met (only observed): the mean PSI of 2 features is ")
    assert dataset.startswith("churn: met: PSI ")
    assert not terminal.ports.executions.started
    assert terminal.ports.states.get("churn").last_drift_check_at is None


def test_another_time_can_be_judged_but_not_the_future(terminal: Terminal) -> None:
    world = world_with_features(live_age=60)
    terminal.ports, by_uri = world.ports, world.ports.tables.by_uri
    day, older = (f"s3://data/churn/date={NOON.date() - timedelta(days=back)}/part-0.parquet" for back in (1, 16))
    by_uri[older] = by_uri[day]
    yesterday = terminal.ok("drift", "churn", "--at", (NOON - timedelta(days=1)).isoformat())
    assert yesterday.splitlines()[-1] != terminal.ok("drift", "churn").splitlines()[-1]
    assert terminal.ok("drift", "churn", "--at", NOON.isoformat()) == terminal.ok("drift", "churn")
    assert "must not be in the future" in terminal.run("drift", "churn", "--at", "2027-01-01T00:00:00Z").err
    assert "--at: only without --report" in terminal.run("drift", "churn", "--report", "--at", NOON.isoformat()).err


def test_broken_data_are_shown_along_with_what_can_be_judged(terminal: Terminal) -> None:
    world = world_with_features(live_age=40)
    terminal.ports = world.ports
    for columns in list(world.ports.tables.by_uri.values())[:5]:
        columns["age"] = columns["age"] * float("nan")
    output = terminal.ok("drift", "churn")
    assert "bad data: 'age' has no value in any of 1000 rows\n" in output
    assert terminal.ports.states.get("churn").quarantine is None


def test_without_the_packages_for_data_it_says_how_to_install_them(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal.apply()
    monkeypatch.setitem(sys.modules, "auto_retrain.usecases.triggering.drift_evidence", None)
    answer = terminal.run("drift", "churn")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.endswith(": pip install '.[data]'\n")


def test_a_report_is_started_and_its_location_is_shown(terminal: Terminal) -> None:
    terminal.ports = World().ports
    output = terminal.ok("drift", "churn", "--report").splitlines()
    ((name, (order,)),) = terminal.ports.cluster.orders.items()
    assert output == [
        f"report          {order.job_id}",
        f"kubernetes job  {name}",
        f"html            s3://artifacts/jobs/{order.job_id}/report/report.html",
        f"both PSIs       auto-retrain drift churn --report-id {order.job_id}",
    ]


def test_a_requested_report_is_compared_with_the_data_of_now(terminal: Terminal) -> None:
    world = world_with_features(live_age=60)
    terminal.ports = world.ports
    write_report(world, "churn-report")
    heading, age, plan = terminal.ok("drift", "churn", "--report-id", "churn-report").splitlines()
    assert heading == "FEATURE  PSI (DECILES)  PSI (EVIDENTLY)  WE SAY  EVIDENTLY SAYS"
    assert age.split()[0] == "age"
    assert age.split()[2:] == ["0.9791", "met", "drifted"]
    assert plan.split()[2:] == ["-", "unmet", "-"]


def test_a_report_of_a_job_is_compared_with_the_verdicts_that_triggered_the_job(terminal: Terminal) -> None:
    world = World()
    terminal.ports = world.ports
    job: RetrainingJob = world.job(world.open())
    world.ports.jobs.save(job.changed(trigger_verdicts=(DRIFT,)))
    write_report(world, job.job_id)
    _, age, plan = terminal.ok("drift", "churn", "--report-id", job.job_id).splitlines()
    assert age.split() == ["age", "0.31", "0.9791", "met", "drifted"]
    assert plan.split() == ["plan", "-", "-", "-", "-"]


def test_a_missing_report_or_one_of_another_model_is_refused(terminal: Terminal) -> None:
    world = World()
    terminal.ports = world.ports
    assert terminal.run("drift", "churn", "--report-id", "churn-0").code == 1
    write_report(world, "fraud-1", model="fraud")
    answer = terminal.run("drift", "churn", "--report-id", "fraud-1")
    assert (answer.code, answer.err) == (1, "auto-retrain: report 'fraud-1' is about model 'fraud'\n")
