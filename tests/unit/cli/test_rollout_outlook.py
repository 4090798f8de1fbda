"""`rollout` says what the watcher will do next, and why; `rollback` what it has done."""

from datetime import timedelta

import pytest

from auto_retrain.cli import following
from auto_retrain.domain.analysis import Analysis, RolloutEvidence
from auto_retrain.domain.live import ArmCounts, LiveCounts
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.policy.deployment import CanaryDeployment
from auto_retrain.domain.policy.traffic import RouterTarget
from auto_retrain.domain.rollout import Rollout
from tests.unit.cli.terminal import Terminal
from tests.unit.usecases.rollout_stages import validated

CANARY = CanaryDeployment(strategy="canary", traffic=RouterTarget(adapter="router"))
QUIET = "no requests since noon"
UNPROVEN = "error_rate: 100 of 500 planned requests so far"


def begin(terminal: Terminal, step: int, minutes: int, analysis: Analysis | None) -> None:
    """A canary of version 2 that is so many minutes into a step, as the newest look sees it."""
    ledger, now = terminal.ports.ledger, terminal.ports.clock.now()
    ledger.write(ledger.serving("churn").adopted(ModelVersion(number="1"), "it served", now))
    rollout = Rollout(
        job_id="churn-0000000002",
        challenger=ModelVersion(number="2"),
        deployment=CANARY,
        policy_version=1,
        started_at=now - timedelta(minutes=60 * step + minutes),
        since=now - timedelta(minutes=minutes),
        step=step,
        weight=CANARY.plan[step],
    )
    ledger.write(ledger.serving("churn").rolling_out(rollout, "auto-retrain", "it passed every gate", now))
    if analysis:
        counts = LiveCounts(challenger=ArmCounts(requests=100))
        about = {"model_name": "churn", "rollout_id": rollout.job_id, "step": step, "looked_at": now}
        ledger.keep_evidence([RolloutEvidence(**about, counts=counts, analysis=analysis)])


@pytest.mark.parametrize(
    ("step", "minutes", "analysis", "said"),
    [
        (0, 0, None, "it waits: nobody has looked at this step yet; if that lasts, it is taken back at "),
        (0, 10, Analysis(missing=QUIET), f"it waits: {QUIET}; if that lasts, it is taken back at "),
        (0, 10, Analysis(unproven=UNPROVEN), "step 1 of 3 bakes until "),
        (0, 60, Analysis(unproven=UNPROVEN), "it is about to go on: step 2 of 3: step 1 of 3 was healthy for 60"),
        (2, 60, Analysis(unproven=UNPROVEN), f"it waits: {UNPROVEN}; if that lasts, it is taken back at "),
        (2, 60, Analysis(), "it is about to be promoted: step 3 of 3 was healthy for 60 minutes"),
        (1, 5, Analysis(unhealthy="all failed"), "it is about to be taken back: all failed"),
    ],
)
def test_a_rollout_says_what_comes_next_and_why(
    terminal: Terminal, step: int, minutes: int, analysis: Analysis | None, said: str
) -> None:
    begin(terminal, step, minutes, analysis)
    shown = terminal.ok("rollout", "churn")
    assert shown.startswith(f"churn: version 2 gets {CANARY.plan[step]} % since ")
    assert f"(canary); {said}" in shown


def test_a_canary_without_requests_is_told_wherever_people_look(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, job_id = validated()
    terminal.ports = world.ports
    world.deploy(job_id)
    waits = "it waits: nobody has looked at this step yet; if that lasts, it is taken back at "
    assert f"version 2 gets 5 %; {waits}" in terminal.ok("status", "churn")
    assert f"because: {waits}" in terminal.ok("explain", job_id)
    monkeypatch.setattr(following.time, "sleep", lambda _: world.close(decision={"job_id": job_id}))
    assert f"  {waits}" in terminal.run("follow", job_id).out


def test_a_paused_rollout_says_who_paused_it(terminal: Terminal) -> None:
    begin(terminal, 0, 10, Analysis())
    terminal.ok("rollout", "churn", "pause", "--reason", "campaign", "--actor", "ada")
    assert "ada paused it: campaign" in terminal.ok("rollout", "churn")
    assert "bakes until" in terminal.ok("rollout", "churn", "resume", "--reason", "over", "--actor", "ada")


def test_a_rollback_says_what_it_did_and_the_second_one_that_nothing_was_left_to_do(terminal: Terminal) -> None:
    begin(terminal, 0, 10, Analysis())
    terminal.ports.registry.register("churn", "1")
    terminal.ports.registry.set_champion("churn", "1")
    typed = ("rollback", "churn", "--reason", "refunds doubled", "--actor", "ada")
    assert "version 1 serves; taken back: 2" in terminal.ok(*typed)
    assert "nothing to take back: version 2 was taken back at " in terminal.ok(*typed)
