"""A policy is tried on its data: the trial finds what a job would, and leaves nothing behind."""

import copy
import json
from pathlib import Path

import numpy as np
import pytest

from auto_retrain.domain.errors import DataInvalid, DataMissing
from auto_retrain.usecases.operating.try_policy import try_policy
from tests.unit.builders import a_policy
from tests.unit.cli.terminal import Terminal
from tests.unit.usecases.data.test_check_data import DATA, HOLDOUT, TRAINING, Data

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
