"""The Job that we create: safe, bounded, identified by its labels, and placed as its policy says."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from auto_retrain.adapters.kubernetes.jobs.job_body import PodSettings, build_indexed_job, build_job
from auto_retrain.domain.errors import ClusterRefused
from auto_retrain.domain.experiments import MAX_VARIANTS
from auto_retrain.domain.policy.pod_rules import PodRules
from auto_retrain.domain.policy.training import TrainingPolicy
from local.cluster.pod_security import violations

from .conftest import open_cluster
from .orders import TRAINING, make_order, name_of
from .recordings import ADMIN_TOKEN

PINNED = "example.com/own@sha256:" + "a" * 64
# Everything that a policy may set.
EVERYTHING: dict[str, Any] = {
    "image": PINNED,
    "retries": 4,
    "gpus": 2,
    "queue": "team-a",
    "pod_template": {
        "metadata": {"labels": {"example.com/cost-centre": "42"}, "annotations": {"note": "any text: at all"}},
        "spec": {
            "serviceAccountName": "special",
            "automountServiceAccountToken": True,
            "nodeSelector": {"kubernetes.io/arch": "amd64"},
            "tolerations": [{"key": "dedicated", "value": "training", "effect": "NoSchedule"}],
            "affinity": {
                "nodeAffinity": {
                    "preferredDuringSchedulingIgnoredDuringExecution": [
                        {
                            "weight": 10,
                            "preference": {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]},
                        }
                    ]
                }
            },
            "priorityClassName": "batch-low",
            "runtimeClassName": "gvisor",
            "terminationGracePeriodSeconds": 90,
            "imagePullSecrets": [{"name": "registry"}],
            "containers": [
                {
                    "env": [
                        {"name": "OMP_NUM_THREADS", "value": "2"},
                        {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "hub", "key": "token"}}},
                    ],
                    "resources": {"limits": {"ephemeral-storage": "20Gi"}, "requests": {"ephemeral-storage": "10Gi"}},
                    "volumeMounts": [{"name": "shared-memory", "mountPath": "/dev/shm"}],
                }
            ],
            "volumes": [{"name": "shared-memory", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}}],
        },
    },
}

# ... and what a deployment has to allow for that.
ALLOWED = PodRules().extended(
    "label=example.com/*,env=TOKEN,secret=hub,pull-secret=registry,service-account=special,"
    "toleration=dedicated,runtime-class=gvisor"
)
SETTINGS = PodSettings("image:1", "trainer", "scorer", ALLOWED)


def build(stage: str = "dev", orders: int = 1, **training: Any) -> dict[str, Any]:
    order = make_order("churn-1", trainer="pkg:train")
    policy = TrainingPolicy.model_validate_json(json.dumps(TRAINING.model_dump(mode="json") | training))
    return build_job(name_of(order), [order] * orders, policy, stage, SETTINGS)


def pod_of(manifest: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = manifest["spec"]["template"]["spec"]
    return spec


def node_affinity(**training: Any) -> Any:
    return pod_of(build(**training))["affinity"]["nodeAffinity"]


def build_indexed(orders: int = 3, at_once: int = 2, stage: str = "dev", **training: Any) -> dict[str, Any]:
    numbered = [make_order("churn-1", variant=variant) for variant in range(orders)]
    policy = TrainingPolicy.model_validate_json(json.dumps(TRAINING.model_dump(mode="json") | training))
    return build_indexed_job(name_of(numbered[0]), [numbered], policy, stage, SETTINGS, at_once)


def test_each_order_with_a_pod_of_its_own_has_its_own_retries() -> None:
    spec = build_indexed(retries=1)["spec"]

    assert (spec["completionMode"], spec["completions"], spec["parallelism"]) == ("Indexed", 3, 2)
    assert spec["backoffLimitPerIndex"] == 1
    assert "backoffLimit" not in spec
    assert spec["podFailurePolicy"]["rules"][0]["action"] == "FailIndex"


@pytest.mark.parametrize(
    ("number", "at_once", "minutes", "seconds"), [(3, 2, 5, 600), (4, 4, 5, 300), (20, 1, 600, 86_400)]
)
def test_the_deadline_leaves_time_for_orders_that_wait_for_others(
    number: int, at_once: int, minutes: int, seconds: int
) -> None:
    spec = build_indexed(number, at_once, deadline_minutes=minutes)["spec"]

    assert spec["activeDeadlineSeconds"] == seconds


def test_a_batch_names_its_jobs_and_belongs_to_no_single_model() -> None:
    orders = [make_order(job_id, model_name=job_id) for job_id in ("churn", "fraud")]

    job = build_indexed_job("batch-1", [orders], TRAINING, "dev", SETTINGS, 2)

    assert job["metadata"]["annotations"]["auto-retrain/members"] == "churn,fraud"
    assert "auto-retrain/model" not in job["metadata"]["labels"] | job["spec"]["template"]["metadata"]["labels"]
    assert build_indexed()["metadata"]["labels"]["auto-retrain/model"] == "churn"


def test_no_more_pods_than_orders_are_requested() -> None:
    assert build_indexed(2, at_once=20)["spec"]["parallelism"] == 2


def test_production_runs_no_variant_in_an_image_that_is_named_by_a_tag() -> None:
    with pytest.raises(ClusterRefused, match="only images named by their digest"):
        build_indexed(stage="prod")


@pytest.mark.parametrize("training", [{}, EVERYTHING], ids=["nothing", "everything"])
def test_the_pod_keeps_the_restricted_profile_whatever_its_policy_says(training: dict[str, Any]) -> None:
    pod = pod_of(build(orders=2, **training))

    assert violations(pod) == []
    assert pod["enableServiceLinks"] is False
    for container in pod["containers"] + pod["initContainers"]:
        assert container["securityContext"]["readOnlyRootFilesystem"] is True


def test_no_token_of_the_service_account_is_mounted_unless_asked_for() -> None:
    assert pod_of(build())["automountServiceAccountToken"] is False
    assert pod_of(build(**EVERYTHING))["automountServiceAccountToken"] is True


def test_job_and_pod_carry_the_labels_by_which_they_are_found() -> None:
    manifest = build()
    labels = {
        "app.kubernetes.io/managed-by": "auto-retrain",
        "auto-retrain/stage": "dev",
        "auto-retrain/job-id": "churn-1",
        "auto-retrain/kind": "train",
        "auto-retrain/model": "churn",
    }

    assert manifest["metadata"] == {"name": "churn-1-train-1", "labels": labels}
    assert manifest["spec"]["template"]["metadata"] == {
        "labels": labels,
        "annotations": {
            "auto-retrain/output": "s3://artifacts/jobs/churn-1/train/",
            "karpenter.sh/do-not-disrupt": "true",
        },
    }


def test_the_policy_sets_deadline_resources_and_retries() -> None:
    manifest = build(retries=4)
    (container,) = pod_of(manifest)["containers"]
    size = {"cpu": "500m", "memory": "1Gi"}

    assert (manifest["spec"]["activeDeadlineSeconds"], manifest["spec"]["backoffLimit"]) == (300, 4)
    assert container["resources"] == {"requests": size, "limits": size}


def test_the_longest_names_fit_into_a_label() -> None:
    order = make_order("m" * 40 + "-0123456789", model_name="m" * 40, kind="score")

    assert len(name_of(order)) <= 63


def test_the_longest_name_of_a_pod_of_one_of_twenty_variants_fits_into_a_host_name() -> None:
    order = make_order("m" * 40 + "-0123456789", model_name="m" * 40, kind="train")

    assert len(f"{name_of(order)}-{MAX_VARIANTS - 1}") <= 63


def test_the_template_of_the_policy_is_merged_into_ours() -> None:
    manifest = build(**EVERYTHING)
    pod, (container,) = pod_of(manifest), pod_of(manifest)["containers"]
    template = EVERYTHING["pod_template"]["spec"]

    for field in ("nodeSelector", "affinity", "priorityClassName", "runtimeClassName", "imagePullSecrets"):
        assert pod[field] == template[field]
    assert (pod["serviceAccountName"], pod["terminationGracePeriodSeconds"]) == ("special", 90)
    assert pod["volumes"] == [{"name": "tmp", "emptyDir": {}}, *template["volumes"]]
    assert container["image"] == PINNED
    assert container["env"][1:] == template["containers"][0]["env"]
    assert container["volumeMounts"][1:] == template["containers"][0]["volumeMounts"]
    assert container["resources"]["limits"] == {
        "cpu": "500m",
        "memory": "1Gi",
        "nvidia.com/gpu": "2",
        "ephemeral-storage": "20Gi",
    }
    assert manifest["spec"]["template"]["metadata"]["labels"]["example.com/cost-centre"] == "42"
    assert manifest["metadata"]["labels"]["example.com/cost-centre"] == "42"


def test_pods_that_need_a_gpu_tolerate_the_taint_of_its_nodes() -> None:
    taint = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}

    assert pod_of(build(gpus=1))["tolerations"] == [taint]
    assert "tolerations" not in pod_of(build())


def test_on_demand_capacity_avoids_the_spot_nodes_of_karpenter_and_of_managed_groups() -> None:
    (term,) = node_affinity(capacity="on_demand")["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]

    assert term["matchExpressions"] == [
        {"key": "karpenter.sh/capacity-type", "operator": "NotIn", "values": ["spot"]},
        {"key": "eks.amazonaws.com/capacityType", "operator": "NotIn", "values": ["SPOT"]},
    ]


def test_spot_capacity_takes_nodes_of_either_kind() -> None:
    terms = node_affinity(capacity="spot")["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]

    assert [term["matchExpressions"][0]["key"] for term in terms] == [
        "karpenter.sh/capacity-type",
        "eks.amazonaws.com/capacityType",
    ]


def test_preferred_spot_falls_back_to_on_demand() -> None:
    affinity = node_affinity(capacity="spot_preferred")

    assert set(affinity) == {"preferredDuringSchedulingIgnoredDuringExecution"}


def test_a_job_of_a_queue_waits_until_kueue_admits_it() -> None:
    manifest = build(queue="team-a")

    assert manifest["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "team-a"
    assert manifest["spec"]["suspend"] is True
    assert build()["spec"]["suspend"] is False


@pytest.mark.parametrize("image", [None, "example.com/own:latest"])
def test_production_runs_no_image_that_is_named_by_a_tag(image: str | None) -> None:
    with pytest.raises(ClusterRefused, match=f"image '{image or 'image:1'}' of model 'churn': stage 'prod' runs only"):
        build(stage="prod", image=image)

    assert pod_of(build(stage="prod", image=PINNED))["containers"][0]["image"] == PINNED


def test_orders_run_one_by_one_each_in_its_image_and_a_final_failure_of_any_ends_the_job() -> None:
    manifest = build(orders=2)
    pod = pod_of(manifest)

    assert [container["name"] for container in pod["initContainers"] + pod["containers"]] == [
        "train-model-1",
        "train-model",
    ]
    rules = manifest["spec"]["podFailurePolicy"]["rules"]
    assert [rule["onExitCodes"]["containerName"] for rule in rules[:2]] == ["train-model-1", "train-model"]


def test_the_order_says_which_image_carries_it_out() -> None:
    order = json.loads(pod_of(build(image=PINNED))["containers"][0]["env"][0]["value"])

    assert order["image"] == PINNED


@pytest.mark.parametrize("training", [{}, EVERYTHING, {"capacity": "spot"}, {"capacity": "spot_preferred"}])
@pytest.mark.parametrize("make", [build, build_indexed])
def test_the_server_accepts_the_manifest_with_strict_validation(
    training: dict[str, Any], make: Callable[..., dict[str, Any]]
) -> None:
    with open_cluster("life") as cluster:
        answer = requests.post(
            f"{cluster.url}/apis/batch/v1/namespaces/life/jobs",
            params={"fieldValidation": "Strict", "dryRun": "All"},
            json=make(orders=2, **training),
            headers={"Authorization": f"Bearer {ADMIN_TOKEN}"},
            timeout=10,
        )

    assert answer.status_code == 201, answer.text


def test_parts_of_two_images_are_two_containers_of_each_pod_and_either_may_fail_its_part() -> None:
    lists = [[make_order("churn-1", part=part, image=image) for part in range(3)] for image in ("old", "new")]
    job = build_indexed_job("churn-1-score-1", lists, TRAINING, "dev", SETTINGS, 2)

    (first,), (last,) = pod_of(job)["initContainers"], pod_of(job)["containers"]
    assert (first["image"], last["image"], job["spec"]["completions"]) == ("old", "new", 3)
    assert [order["part"] for order in json.loads(first["env"][0]["value"])] == [0, 1, 2]
    actions = [rule["action"] for rule in job["spec"]["podFailurePolicy"]["rules"]]
    assert actions == ["FailIndex", "FailIndex", "Ignore"]


def test_a_part_that_fails_ends_all_of_them_and_a_variant_only_itself() -> None:
    parts = [make_order("churn-1", part=part) for part in range(3)]
    assert build_indexed_job("churn-1-score-1", [parts], TRAINING, "dev", SETTINGS, 2)["spec"]["maxFailedIndexes"] == 0
    assert "maxFailedIndexes" not in build_indexed()["spec"]
