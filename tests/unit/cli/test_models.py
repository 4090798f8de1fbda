"""Policies can be listed, shown, paused and removed, and a quarantine lifted, always with actor and time."""

from datetime import timedelta

import pytest

from auto_retrain.cli.__main__ import main
from auto_retrain.cli.policy_files import render_policy
from auto_retrain.domain.drill import Drill, DrillStep
from auto_retrain.domain.model_state import Quarantine
from auto_retrain.domain.policy.policy import PolicyStatus
from tests.unit.announced import announced
from tests.unit.builders import NOON
from tests.unit.cli.terminal import POLICY, Terminal
from tests.unit.usecases.rolling_out.rollout_world import RolloutWorld
from tests.unit.usecases.world import World


def test_models_are_listed_with_their_current_state(terminal: Terminal) -> None:
    for model in ("churn", "fraud", "spam"):
        budget = "triggers: {budget_month_usd: 5}\n" if model == "fraud" else ""
        terminal.apply(POLICY.replace("model: churn", f"model: {model}") + budget)
    terminal.ports.states.record_retrain("churn", NOON)
    terminal.ok("models", "pause", "fraud", "--reason", "x")
    terminal.ports.states.set_quarantine("spam", Quarantine(since=NOON, reason="age\x1b[31m gone"))
    assert terminal.ok("models", "list").splitlines() == [
        "MODEL  VERSION  STATUS  LAST RETRAINED        RUNNING JOB  LAST DRILL  MONTH           QUARANTINE",
        "churn  1        active  2026-03-01 12:00:00Z  -            -           $0.00           -",
        "fraud  2        paused  never                 -            -           $0.00 of $5.00  -",
        "spam   1        active  never                 -            -           $0.00           "
        r"2026-03-01 12:00:00Z age\x1b[31m gone",
    ]


def test_a_file_is_checked_without_a_deployment(
    terminal: Terminal, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "TABLE_NAME"):
        monkeypatch.delenv(name, raising=False)
    assert main(["models", "check", terminal.file()]) == 0
    assert capsys.readouterr().out == "churn: can be applied; its data were not looked at (--data)\n"


def test_without_models_the_list_says_how_to_add_one(terminal: Terminal) -> None:
    assert terminal.ok("models", "list") == "there are no models yet; 'auto-retrain models apply FILE' adds one\n"


@pytest.mark.parametrize(
    ("days_ago", "problem", "shown"),
    [
        (None, None, "OVERDUE"),
        (3, None, "2026-02-26 12:00:00Z live, 1.5 s, 3 days ago"),
        (31, None, "2026-01-29 12:00:00Z live, 1.5 s, 31 days ago, OVERDUE"),
        (3, "the files are gone", "2026-02-26 12:00:00Z FAILED, 1.5 s, 3 days ago, OVERDUE"),
    ],
)
def test_the_last_drill_is_listed_and_whether_it_is_overdue(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, days_ago: int | None, problem: str | None, shown: str
) -> None:
    world = RolloutWorld(monkeypatch)
    world.promote()
    terminal.ports = world.ports
    terminal.ports.clock.advance(NOON - terminal.ports.clock.now())
    terminal.apply(POLICY + "deployment: {max_drill_age_days: 30}\n")
    if days_ago is not None:
        step, at = DrillStep(name="files", seconds=1.5, problem=problem), NOON - timedelta(days=days_ago)
        drill = Drill(taken_back="2", target="1", live=True, actor="ada", at=at, steps=(step,))
        terminal.ports.states.record_drill("churn", drill)
    (_, row) = terminal.ok("models", "list").splitlines()
    assert f"-            {shown} " in row
    assert row.endswith("-")


@pytest.mark.parametrize("has_served", [False, True])
def test_a_model_without_a_version_to_go_back_to_has_no_drill_that_is_overdue(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, has_served: bool
) -> None:
    terminal.ports = RolloutWorld(monkeypatch).ports if has_served else terminal.ports
    terminal.apply(POLICY + "deployment: {max_drill_age_days: 30}\n")
    (_, row) = terminal.ok("models", "list").splitlines()
    assert row.split()[-3:] == ["-", "$0.00", "-"]


def test_a_running_job_is_listed_and_mentioned(terminal: Terminal) -> None:
    world = World()
    job_id = world.open()
    terminal.ports = world.ports
    assert job_id in terminal.ok("models", "list")
    mention = f"churn: job {job_id} continues; stop its execution if it should not\n"
    assert terminal.ok("models", "pause", "churn", "--reason", "x").endswith(mention)
    assert terminal.ok("models", "remove", "churn", "--yes").endswith(mention)


def test_a_policy_is_shown_with_all_defaults_and_can_be_applied_again(terminal: Terminal) -> None:
    terminal.apply()
    shown = terminal.ok("models", "show", "churn")
    assert shown.startswith("# version 1, active; 2026-01-01 00:00:00Z by ada\nmodel: churn\n")
    assert "performance_metric_threshold: 0.92" in shown
    assert terminal.apply(shown) == "churn: unchanged, version 1\n"


def test_earlier_versions_can_be_shown(terminal: Terminal) -> None:
    terminal.apply()
    first = terminal.policy().policy
    terminal.apply(POLICY + "triggers: {drift_threshold: 0.3}\n")
    assert terminal.ok("models", "show", "churn", "--version", "1").endswith(render_policy(first))
    answer = terminal.run("models", "show", "churn", "--version", "3")
    assert (answer.code, answer.out) == (1, "")
    assert "has no policy version 3; there are 1 to 2" in answer.err


def test_the_history_shows_who_changed_what_and_when(terminal: Terminal) -> None:
    terminal.apply()
    terminal.ports.clock.advance(timedelta(days=1))
    terminal.apply(POLICY + "triggers: {drift_threshold: 0.3}\n")
    terminal.ok("models", "pause", "churn", "--reason", "audit", "--actor", "bob")
    terminal.ok("models", "remove", "churn", "--yes", "--actor", "eve")
    assert terminal.ok("models", "show", "churn", "--history").splitlines() == [
        "version 4, removed; 2026-01-02 00:00:00Z by eve",
        "version 3, paused: audit; 2026-01-02 00:00:00Z by bob",
        "version 2, active; 2026-01-02 00:00:00Z by ada",
        "  triggers.drift_threshold: 0.25 -> 0.3",
        "version 1, active; 2026-01-01 00:00:00Z by ada",
    ]
    assert terminal.ok("models", "show", "churn").startswith("# version 4, removed; ")


def test_pausing_again_keeps_the_first_reason(terminal: Terminal) -> None:
    terminal.apply()
    first = terminal.ok("models", "pause", "churn", "--reason", "audit", "--actor", "bob")
    assert first == "churn: version 2, paused: audit; 2026-01-01 00:00:00Z by bob\n"
    assert terminal.ok("models", "pause", "churn", "--reason", "holiday", "--actor", "eve") == first


def test_resuming_activates_the_policy_again(terminal: Terminal) -> None:
    terminal.apply()
    terminal.ok("models", "pause", "churn", "--reason", "audit")
    resumed = terminal.ok("models", "resume", "churn", "--actor", "bob")
    assert resumed == "churn: version 3, active; 2026-01-01 00:00:00Z by bob\n"
    assert terminal.ok("models", "resume", "churn", "--actor", "eve") == resumed


def test_removing_takes_the_model_out_of_the_fleet_once(terminal: Terminal) -> None:
    terminal.apply()
    removed = terminal.ok("models", "remove", "churn", "--yes", "--actor", "bob")
    assert removed == "churn: version 2, removed; 2026-01-01 00:00:00Z by bob\n"
    assert terminal.ok("models", "remove", "churn", "--yes", "--actor", "eve") == removed
    assert terminal.ports.policies.get("churn") is None
    assert terminal.ports.policies.history("churn")[0].status is PolicyStatus.REMOVED
    for gone in (["resume", "churn"], ["pause", "churn", "--reason", "x"]):
        assert terminal.run("models", *gone).code == 1


def test_a_quarantine_is_lifted_by_hand_once_and_people_are_notified(terminal: Terminal) -> None:
    terminal.apply()
    terminal.ports.states.set_quarantine("churn", Quarantine(since=NOON, reason="column age is gone"))
    lifted = terminal.ok("models", "lift-quarantine", "churn", "--reason", "it is back", "--actor", "bob")
    assert lifted == "churn: no longer in quarantine\n"
    assert terminal.ports.states.get("churn").quarantine is None
    (event,) = announced(terminal.ports)
    assert (event.topic, event.sentence) == ("quarantine_lifted", "bob lifted the quarantine of churn: it is back")
    assert terminal.ok("models", "lift-quarantine", "churn", "--reason", "again") == "churn: was not in quarantine\n"
    assert len(announced(terminal.ports)) == 1
