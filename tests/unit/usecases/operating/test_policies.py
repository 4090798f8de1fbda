"""A plan shows what applying would change before anything is written, and warns with the champion in mind."""

from typing import Any

import pytest

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.errors import ClusterRefused, EventInvalid, ModelUnknown, PolicyConflict, PolicyInvalid
from auto_retrain.domain.installation import Finding
from auto_retrain.domain.policy.policy import PolicyStatus
from auto_retrain.domain.policy.triggers import TriggerConfig
from auto_retrain.usecases.operating.doctor import check_installation
from auto_retrain.usecases.operating.policies import (
    apply_planned,
    pause_model,
    plan_policies,
    plan_triggers,
    remove_model,
    resume_model,
)
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.world import World, rows


def test_the_champions_accuracy_leads_to_a_warning() -> None:
    world = World()
    job_id = world.scored_job(rows(500, 0.96), rows(500, 0.5))
    world.validate(job_id)
    assert plan_policies([world.policy], world.ports)[0].warnings == ()
    world.deploy(job_id)
    (warning,) = plan_policies([world.policy], world.ports)[0].warnings
    assert "the champion's accuracy was 0.9600 when it was deployed" in warning


def test_a_feature_that_the_champion_learned_from_is_not_left_out_without_a_warning() -> None:
    world = World()
    job_id = world.scored_job(rows(500, 0.9))
    world.validate(job_id)
    fewer = a_policy(data={**world.policy.data.model_dump(), "categorical": []})

    def warned() -> list[str]:
        warnings = plan_policies([fewer], world.ports)[0].warnings
        return [text for text in warnings if "learned from" in text]

    assert warned() == []
    world.deploy(job_id)
    (warning,) = warned()
    assert warning.startswith("data.numeric, data.categorical: without plan, which version 2, the champion, learned")
    list(apply_planned(plan_policies([fewer], world.ports), "ada", world.ports))
    assert warned() == [warning]
    assert not any("learned from" in text for text in plan_policies([world.policy], world.ports)[0].warnings)


def finding(world: World) -> Finding | None:
    """What the doctor says of the parts of the model."""
    found = check_installation(world.ports, None)
    return next((each for each in found if each.subject == "parts of churn"), None)


def test_a_champion_that_cannot_be_scored_in_parts_leads_to_a_warning_and_to_a_finding_of_the_doctor() -> None:
    world = World()
    job_id = world.scored_job(rows(500, 0.9))
    world.validate(job_id)
    world.deploy(job_id)
    in_parts = a_policy(data={**world.policy.data.model_dump(), "parts": 4}, training={"image": "repo/image:2"})
    assert any("reads parts" in text for text in plan_policies([in_parts], world.ports)[0].warnings)
    assert not any("reads parts" in text for text in plan_policies([world.policy], world.ports)[0].warnings)

    assert finding(world) is None
    for image, is_good in (("repo/image:2", False), (world.job(job_id).image, True)):
        policy = in_parts.changed(training=in_parts.training.changed(image=image))
        list(apply_planned(plan_policies([policy], world.ports), "ada", world.ports))
        told = finding(world)
        assert told is not None
        assert told.is_good is is_good


def test_the_doctor_finds_a_champion_as_well_that_somebody_set_by_hand() -> None:
    world = World()
    job_id = world.scored_job(rows(500, 0.5))
    world.validate(job_id)
    world.close()
    in_parts = a_policy(data={**world.policy.data.model_dump(), "parts": 4}, training={"image": "repo/image:2"})
    list(apply_planned(plan_policies([in_parts], world.ports), "ada", world.ports))
    for number, is_good in (("2", False), ("3", True)):
        world.ports.registry.register("churn", number, job_id=job_id if number == "2" else None)
        world.ports.registry.set_champion("churn", number)
        told = finding(world)
        assert told is not None
        assert told.is_good is is_good


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


BORROWED = {"pod_template": {"spec": {"serviceAccountName": "admin"}}, "namespace": "kube-system"}


def test_policies_that_the_deployment_refuses_are_named_with_every_field_and_none_is_applied() -> None:
    ports = MemoryPorts()
    with pytest.raises(PolicyInvalid) as refused:
        plan_policies([a_policy(), a_policy(model="fraud", training=BORROWED)], ports)
    namespace, account = str(refused.value).splitlines()
    assert namespace.startswith("fraud: training.namespace = 'kube-system'")
    assert account.startswith("fraud: training.pod_template.spec.serviceAccountName: not allowed: 'admin'")


def test_a_policy_from_before_a_rule_can_be_read_paused_and_replaced_but_starts_no_pod() -> None:
    world = World(a_policy(training=BORROWED, triggers={"evaluation_window_days": 5, "training_window_days": 10}))
    assert pause_model("churn", "until it is mended", "ada", world.ports).version == 2
    resume_model("churn", "ada", world.ports)
    job_id = world.open()
    with pytest.raises(ClusterRefused, match=r"the policy of model 'churn': training\.namespace = 'kube-system'"):
        world.start(job_id, "train")
    (plan,) = plan_policies([a_policy()], world.ports)
    assert [applied.version for applied in apply_planned([plan], "ada", world.ports)] == [4]


def test_a_policy_with_more_alarms_than_can_be_indexed_is_refused() -> None:
    alarms = [f"alarm {number}" for number in range(41)]
    with pytest.raises(PolicyInvalid, match=r"churn: triggers\.alarms: 41 alarms; at most 40 are allowed"):
        plan_policies([a_policy(triggers={"alarms": alarms})], MemoryPorts())
    with pytest.raises(PolicyInvalid, match="at most 40 are allowed"):
        plan_triggers("churn", TriggerConfig(alarms=tuple(alarms)), World().ports)


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({"owner": "ada\u202e"}, r"churn: owner = .*: must be on one line"),
        (
            {"training": {"parameters": {"seed": 2**60}}},
            r"churn: training\.parameters: whole numbers must not be beyond",
        ),
        ({"drift": {"ignore": [f"{n:0128}" for n in range(800)]}}, r"churn: [0-9]+ bytes of JSON; at most 100000"),
    ],
)
def test_what_cannot_be_shown_or_stored_is_refused_before_anything_is_written(
    policy: dict[str, Any], message: str
) -> None:
    columns = {"numeric": [f"{n:0128}" for n in range(800)]} if "drift" in policy else {"numeric": ["age"]}
    data = {"prefix": "churn", "row_id": "id", "label": "left", **columns}
    with pytest.raises(PolicyInvalid, match=message):
        plan_policies([a_policy(data=data, **policy)], MemoryPorts())


def test_a_pause_needs_a_reason_that_can_be_shown_and_a_name_of_ones_own() -> None:
    world = World()
    with pytest.raises(EventInvalid, match="reason = "):
        pause_model("churn", "a\nb", "ada", world.ports)
    for change in (pause_model, remove_model):
        arguments = ("churn", "audit") if change is pause_model else ("churn",)
        with pytest.raises(EventInvalid, match="actor = 'auto-retrain'"):
            change(*arguments, "auto-retrain", world.ports)
    assert len(world.ports.policies.history("churn")) == 1


def test_a_policy_whose_owner_is_on_two_lines_from_before_that_rule_can_be_paused() -> None:
    world = World(a_policy(owner="ada\nbob"))
    assert pause_model("churn", "audit", "ada", world.ports).version == 2
