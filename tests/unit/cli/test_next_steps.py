"""`explain` says each thing once, and ends with what helps after this ending."""

import pytest

from auto_retrain.cli.next_steps import WOULD_HELP, next_step
from auto_retrain.domain.data_check import Power
from auto_retrain.domain.ending import Ending
from auto_retrain.gates import GATES
from tests.unit.builders import NOON, a_policy
from tests.unit.cli.terminal import Terminal
from tests.unit.usecases.world import World, a_data_check, predictions, rows

_OTHERS = ("min_improvement", "paired_evidence")


@pytest.fixture
def world(terminal: Terminal) -> World:
    world = World()
    terminal.ports = world.ports
    return world


def explained(terminal: Terminal, job_id: str) -> tuple[str, str, str]:
    what, why, then = terminal.ok("explain", job_id).splitlines()
    return what, why.removeprefix("because: "), then.removeprefix("next: ")


@pytest.mark.parametrize(
    ("error", "then"),
    [
        ("DataInvalid", "auto-retrain models check FILE --data"),
        ("DataMissing", "auto-retrain models check FILE --data"),
        ("ClusterRefused", "auto-retrain doctor"),
    ],
)
def test_a_job_that_failed_before_its_training_says_why_once_and_what_to_do(
    terminal: Terminal, world: World, error: str, then: str
) -> None:
    job_id = world.open()
    world.close(error={"Error": error, "Cause": "no rows"})
    assert explained(terminal, job_id) == ("Retraining churn failed", f"{error}: no rows", then)


def test_a_job_that_failed_in_training_leads_to_its_logs(terminal: Terminal, world: World) -> None:
    job_id = world.open()
    world.start(job_id, "train")
    world.close(error={"Error": "TrainingFailed", "Cause": "exit code 1"}, decision={"job_id": job_id})
    assert explained(terminal, job_id)[2] == f"auto-retrain logs {job_id}"


def test_a_skipped_job_says_why_once_and_how_to_see_what_it_needs(terminal: Terminal, world: World) -> None:
    job_id = world.open()
    check = a_data_check(predictions(rows(10, 1.0)))
    skipped = check.changed(power=Power(chance=0.0, reason="too few rows"), skipped="not trained: too few rows")
    world.ports.jobs.save(world.job(job_id).checked(skipped))
    world.close(decision={"job_id": job_id})
    assert explained(terminal, job_id) == (
        "churn was not trained",
        "too few rows",
        "auto-retrain models check FILE --data",
    )


def test_a_rejected_job_says_what_would_have_to_change(terminal: Terminal, world: World) -> None:
    job_id = world.scored_job(rows(2000, 0.80))
    world.validate(job_id)
    world.close(decision={"job_id": job_id})
    what, why, then = explained(terminal, job_id)
    assert what == "churn version 2 was not deployed (reject)"
    assert why == "accuracy_floor: accuracy 0.8000 does not reach the floor 0.85"
    assert "or another validation.accuracy_floor; " in then
    assert then.endswith(f"auto-retrain job {job_id}")


def test_a_loss_beyond_a_guardrail_names_the_field_that_limits_it(terminal: Terminal) -> None:
    policy = a_policy(
        triggers={"evaluation_window_days": 5, "training_window_days": 10},
        validation={"guardrails": {"recall": 0.01}, "improvement_basis": "non_inferior", "observe_only": _OTHERS},
    )
    world = World(policy)
    terminal.ports = world.ports
    job_id = world.scored_job(rows(2000, 0.88), rows(2000, 0.97))
    world.validate(job_id)
    world.close(decision={"job_id": job_id})
    _, why, then = explained(terminal, job_id)
    assert why.startswith("guardrail_recall: ")
    assert "validation.guardrails" in then


def test_a_first_version_says_what_it_has_passed(terminal: Terminal, world: World) -> None:
    job_id = world.scored_job(rows(2000, 0.97))
    world.validate(job_id)
    world.deploy(job_id)
    world.close(decision={"job_id": job_id})
    what, why, then = explained(terminal, job_id)
    assert what.startswith("churn version 2 is now in production")
    assert why == "accuracy 0.9700 reaches the floor 0.85"
    assert then == "auto-retrain ledger churn"


def test_every_gate_says_what_would_let_another_challenger_pass() -> None:
    assert WOULD_HELP.keys() == GATES.keys()


@pytest.mark.parametrize(("was_promoted", "command"), [(True, "ledger"), (False, "rollout")])
def test_what_was_taken_back_leads_to_what_serves_now_or_to_its_rollout(
    terminal: Terminal, world: World, was_promoted: bool, command: str
) -> None:
    job = world.job(world.open())
    ending = Ending.ROLLED_BACK
    ended = job.changed(status=ending.status, ending=ending, taken_back_at=NOON if was_promoted else None)
    assert next_step(ended) == f"auto-retrain {command} churn"
