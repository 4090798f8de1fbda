"""A plan shows what applying would change before anything is written, and warns with the champion in mind."""

import pytest

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.errors import ModelUnknown, PolicyConflict
from auto_retrain.domain.policy.policy import PolicyStatus
from auto_retrain.usecases.operating.policies import apply_planned, plan_policies, remove_model, resume_model
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.world import World, rows


def test_the_champions_accuracy_leads_to_a_warning() -> None:
    world = World()
    job_id = world.scored_job(rows(2000, 0.96), rows(2000, 0.5))
    world.validate(job_id)
    assert plan_policies([world.policy], world.ports)[0].warnings == ()
    world.deploy(job_id)
    (warning,) = plan_policies([world.policy], world.ports)[0].warnings
    assert "the champion's accuracy was 0.9600 when it was deployed" in warning


def test_planning_writes_nothing() -> None:
    ports = MemoryPorts()
    (plan,) = plan_policies([a_policy()], ports)
    assert plan.is_new
    assert ports.policies.history("churn") == []


def test_an_outdated_plan_is_not_applied() -> None:
    ports = MemoryPorts()
    plans = plan_policies([a_policy()], ports)
    ports.policies.apply(a_policy(owner="bob"), "bob", NOON)
    with pytest.raises(PolicyConflict, match="0 of 1 policies were applied"):
        list(apply_planned(plans, "ada", ports))


def test_an_outdated_plan_does_not_bring_back_a_removed_model() -> None:
    world = World()
    plans = plan_policies([a_policy(owner="ada")], world.ports)
    remove_model("churn", "bob", world.ports)
    with pytest.raises(PolicyConflict):
        list(apply_planned(plans, "ada", world.ports))
    assert world.ports.policies.history("churn")[0].status is PolicyStatus.REMOVED


def test_a_removed_model_cannot_be_resumed() -> None:
    world = World()
    remove_model("churn", "bob", world.ports)
    with pytest.raises(ModelUnknown):
        resume_model("churn", "ada", world.ports)
