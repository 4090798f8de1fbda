"""A policy is tried on its data: the trial finds what a job would, and leaves nothing behind."""

import copy
import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from auto_retrain.domain.errors import DataInvalid, DataMissing
from auto_retrain.usecases.operating.try_policy import try_policy
from tests.unit.builders import NOON, a_policy
from tests.unit.cli.terminal import Terminal
from tests.unit.usecases.data.test_check_data import DATA, HOLDOUT, TRAINING, Data, some_columns

TRIGGERS = {"evaluation_window_days": 5, "training_window_days": 10, "cool_down_hours": 0}
POLICY = """
model: churn
owner: team@example.com
triggers: {evaluation_window_days: 5, training_window_days: 10}
data: {prefix: churn, row_id: id, label: left, numeric: [age], categorical: [plan]}
"""


@pytest.fixture
def world() -> Data:
    return Data()


def test_a_trial_finds_what_the_check_of_a_job_finds(world: Data) -> None:
    world.change(HOLDOUT, age=lambda old: old * 1000)
    trial = try_policy(a_policy(triggers=TRIGGERS, data=DATA), world.ports)
    assert trial.why_not is not None
    assert trial.why_not.startswith("unit_jump: ")
    with pytest.raises(DataInvalid, match="unit_jump"):
        world.check_data()
    (job,) = world.ports.jobs.list_recent("churn", 10)
    assert trial.check == job.data_check


def test_nothing_is_written(world: Data) -> None:
    before = copy.deepcopy(world.ports.data.__dict__)
    try_policy(a_policy(triggers=TRIGGERS, data=DATA), world.ports)
    assert world.ports.data.__dict__ == before
    assert world.ports.jobs.list_recent("churn", 10) == []


def test_a_window_without_data_is_named(world: Data) -> None:
    with pytest.raises(DataMissing, match="training"):
        try_policy(a_policy(data={**DATA, "label_delay_days": 60}), world.ports)


def test_rows_that_no_job_reads_are_counted(world: Data) -> None:
    policy = a_policy(triggers=TRIGGERS, data={**DATA, "layout": "column", "date_column": "seen"})
    assert try_policy(a_policy(triggers=TRIGGERS, data=DATA), world.ports).passed_over is None
    today = NOON.date()
    uri = world.ports.data.add_object("churn", "late.parquet", b"x", today)
    world.ports.tables.by_uri[uri] = {"seen": [f"{today}", f"{today + timedelta(days=3)}", None, None]}
    told = try_policy(policy, world.ports).passed_over
    assert told is not None
    assert "of 4 rows, 1 are dated later than today" in told
    assert "; 2 have no date, and are never read" in told


@pytest.fixture
def terminal(world: Data, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Terminal:
    terminal = Terminal(tmp_path, capsys)
    terminal.ports = world.ports
    return terminal


def test_the_command_says_what_is_read_asked_and_needed(terminal: Terminal) -> None:
    printed = terminal.ok("models", "check", terminal.file(POLICY), "--data")
    assert "is judged on" in printed
    assert "1000 rows, 1000 with a label" in printed
    assert "features      1 numeric, 1 categorical" in printed
    assert "must reach    an accuracy of 0.85, and more than always predicting the largest class" in printed
    assert (
        "must improve  by 5.0% on the champion's accuracy (validation.improvement_basis = relative); no version can "
        "where that is above 0.9524: the bases error_reduction and non_inferior have no such bound"
    ) in printed
    assert "needs         1 CPU, 2Gi, for at most 120 minutes to train and to score each" in printed
    assert printed.endswith("  it would train\n")


@pytest.mark.parametrize(
    ("training", "line"),
    [
        ("workers: 3", "needs 3 pods of 1 CPU, 2Gi to train and one of them to score, for at most 120 minutes each"),
        (
            "proxy: {rows: 400}",
            "proxy where the metric, drift or an estimate asks: a proxy learns from 400 of the 2000 training rows",
        ),
        (
            "proxy: {rows: 600}",
            "proxy none: training.proxy.rows are 30% of the training rows; at most 25% save anything",
        ),
    ],
)
def test_pods_that_train_together_and_a_proxy_are_named(terminal: Terminal, training: str, line: str) -> None:
    policy = terminal.file(f"{POLICY}training: {{{training}}}\n")
    assert line in " ".join(terminal.ok("models", "check", policy, "--data").split())


def test_the_command_exits_with_1_if_nothing_would_be_trained(terminal: Terminal, world: Data) -> None:
    world.change(TRAINING, age=lambda old: np.full(len(old), np.nan))
    world.change(HOLDOUT, left=lambda old: [None, *old[1:2], *[None] * (len(old) - 2)])
    answer = terminal.run("models", "check", terminal.file(POLICY), "--data")
    assert answer.code == 1
    assert "  it would train nothing: " in answer.out


def test_a_chance_that_is_not_known_is_left_out_beside_errors(terminal: Terminal, world: Data) -> None:
    assert "chance        there is no champion to beat" in terminal.ok(
        "models", "check", terminal.file(POLICY), "--data"
    )
    world.change(TRAINING, left=lambda old: ["1"] * len(old))
    assert "chance" not in terminal.run("models", "check", terminal.file(POLICY), "--data").out


def test_all_shortages_of_rows_are_told_at_once(terminal: Terminal, world: Data) -> None:
    world.change(HOLDOUT, left=lambda old: ["1"] * (len(old) - 5) + ["0"] * 5)
    rules = "validation: {min_holdout_rows: 2000}\n"
    policy = POLICY.replace("triggers: {", "triggers: {min_rows: 1200, ") + rules
    printed = terminal.run("models", "check", terminal.file(policy), "--data").out
    unfolded = " ".join(printed.split())
    assert (
        "it would train nothing: not trained: 1000 holdout rows have a label, 2000 are needed "
        "(validation.min_holdout_rows); 25 holdout rows are of the rarest class, 50 are needed "
        "(validation.min_class_rows)"
    ) in unfolded
    assert (
        "drift cannot be judged: the last 5 days (triggers.evaluation_window_days) have 1000 rows, 1200 are needed "
        "(triggers.min_rows)"
    ) in unfolded


@pytest.mark.parametrize(
    ("triggers", "needed"),
    [
        ("min_rows: 10", "300 are needed (whatever triggers.min_rows, unless triggers.confidence is 0)"),
        ("min_rows: 10, confidence: 0", None),
        ("min_rows: 10, enabled: [scheduled]", None),
    ],
)
def test_rows_that_are_too_few_for_drift_are_told_where_drift_is_judged(
    terminal: Terminal, world: Data, triggers: str, needed: str | None
) -> None:
    world.change(HOLDOUT, **{name: lambda old: old[:40] for name in ("id", "left", "age", "plan")})
    policy = POLICY.replace("triggers: {", f"triggers: {{{triggers}, ")
    printed = " ".join(terminal.run("models", "check", terminal.file(policy), "--data").out.split())
    assert ("drift cannot be judged" in printed) == bool(needed)
    assert (needed or "") in printed


def test_a_file_of_many_days_is_counted_once(terminal: Terminal, world: Data) -> None:
    world.ports.data._partitions.clear()
    uri = world.ports.data.add_object("churn", "all.parquet", b"x" * 300_000)
    columns = some_columns(np.random.default_rng(1), 1, 600)
    world.ports.tables.by_uri[uri] = {**columns, "on": [f"{NOON:%F}"] * len(columns["id"])}
    policy = POLICY.replace("prefix: churn", "prefix: churn, layout: column, date_column: on")
    printed = terminal.run("models", "check", terminal.file(policy), "--data").out
    assert printed.count(", 1 object with 0.3 MB") == 2
    (document,) = json.loads(terminal.run("models", "check", terminal.file(policy), "--data", "--json").out)
    assert (document["training"]["objects"], document["training"]["bytes"]) == (1, 300_000)


def test_a_program_reads_the_same(terminal: Terminal) -> None:
    (document,) = json.loads(terminal.ok("models", "check", terminal.file(POLICY), "--data", "--json"))
    assert (document["would_train"], document["why_not"]) == (True, None)
    assert document["holdout"]["objects"] == 5
    assert document["data_check"]["summary"]["holdout"]["rows"] == 1000


def test_without_data_only_the_policy_is_checked(terminal: Terminal) -> None:
    printed = terminal.ok("models", "check", terminal.file(POLICY))
    assert printed == "churn: can be applied; its data were not looked at (--data)\n"
    assert terminal.run("models", "check", terminal.file("model: churn\n", "broken.yaml")).code == 1


@pytest.mark.parametrize(
    ("validation", "asked"),
    [
        ("improvement_basis: non_inferior", "never: accuracy must not be worse by more than 0.01"),
        ("improvement_basis: error_reduction", "by 5.0% on the champion's accuracy"),
        ("improvement_basis: absolute", "by 0.05 on the champion's accuracy"),
        ("primary_metric: log_loss", "by 5.0% on the champion's log_loss (validation.improvement_basis = relative)\n"),
    ],
)
def test_what_a_later_version_must_be_is_told_on_each_basis(terminal: Terminal, validation: str, asked: str) -> None:
    policy = f"{POLICY}validation: {{{validation}}}\n"
    assert f"must improve  {asked}" in terminal.ok("models", "check", terminal.file(policy), "--data")
