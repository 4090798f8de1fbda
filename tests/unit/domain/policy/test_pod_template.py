"""A pod template says where pods run and with what; fields that it cannot override are refused by name."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from auto_retrain.domain.explain import explain
from auto_retrain.domain.policy.training import TrainingPolicy, is_pinned


def training(**fields: Any) -> TrainingPolicy:
    return TrainingPolicy.model_validate_json(json.dumps(fields))


def refusal(**fields: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        training(**fields)
    return explain(caught.value, TrainingPolicy)


def spec(**fields: Any) -> dict[str, Any]:
    return {"pod_template": {"spec": fields}}


def container(**fields: Any) -> dict[str, Any]:
    return spec(containers=[fields])


def labels(**given: str) -> dict[str, Any]:
    return {"pod_template": {"metadata": {"labels": {key.replace("__", "/"): value for key, value in given.items()}}}}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (spec(hostNetwork=True), "pod_template.spec.hostNetwork: cannot be set in a pod template; allowed are"),
        (spec(securityContext={}), "pod_template.spec.securityContext: cannot be set in a pod template"),
        (spec(restartPolicy="Always"), "pod_template.spec.restartPolicy: cannot be set in a pod template"),
        (spec(nodeSelectr={}), "pod_template.spec.nodeSelectr: cannot be set in a pod template; did you mean"),
        (spec(initContainers=[]), "pod_template.spec.initContainers: cannot be set"),
        (container(image="x"), "pod_template.spec.containers.0.image: cannot be set"),
        (container(command=["sh"]), "pod_template.spec.containers.0.command: cannot be set"),
        (container(securityContext={"privileged": True}), "containers.0.securityContext: cannot be set"),
        (container(name="sidecar"), "pod_template.spec.containers.0.name = 'sidecar': must be 'train-model'"),
        (spec(containers=[{}, {}]), "pod_template.spec.containers = [{}, {}]"),
        (container(resources={"limits": {"cpu": "1"}}), "is set by training.cpu"),
        (container(resources={"limits": {"memory": "1Gi"}}), "is set by training.memory"),
        (container(resources={"limits": {"nvidia.com/gpu": "1"}}), "is set by training.gpus"),
        (container(resources={"limits": {"gpu": "1"}}), "must be 'ephemeral-storage' or a name with a domain"),
        (container(resources={"limits": {"ephemeral-storage": "much"}}), "ephemeral-storage = 'much'"),
        (container(env=[{"name": "AUTO_RETRAIN_ORDER", "value": "{}"}]), "'AUTO_RETRAIN_ORDER' is set by auto-retrain"),
        (container(env=[{"name": "JOB_COMPLETION_INDEX", "value": "0"}]), "'JOB_COMPLETION_INDEX' is set by"),
        (container(env=[{"name": "A"}]), "containers.0.env.0: needs either value or valueFrom"),
        (container(env=[{"name": "A", "valueFrom": {}}]), "valueFrom: needs either secretKeyRef or configMapKeyRef"),
        (container(env=[{"name": "A", "value": "1"}] * 2), "containers.0.env: given more than once: A"),
        (container(env=[{"name": "a=b", "value": ""}]), "containers.0.env.0.name = 'a=b'"),
        (container(volumeMounts=[{"name": "x", "mountPath": "/x"}]), "volumeMounts: no such volume: x"),
        (spec(volumes=[{"name": "tmp", "emptyDir": {}}]), "'tmp' is set by auto-retrain and cannot be overridden"),
        (spec(volumes=[{"name": "x", "hostPath": {"path": "/"}}]), "volumes.0.hostPath: cannot be set"),
        (spec(volumes=[{"name": "x"}]), "needs one of emptyDir, persistentVolumeClaim, secret, configMap"),
        (spec(volumes=[{"name": "x", "emptyDir": {}}] * 2), "volumes: given more than once: x"),
        (spec(tolerations=[{"effect": "NoSchedule"}]), "key: required unless operator is 'Exists'"),
        (spec(tolerations=[{"key": "a", "operator": "Exists", "value": "b"}]), "value: not allowed when operator"),
        (spec(tolerations=[{"key": "a", "tolerationSeconds": 3}]), "tolerationSeconds: needs effect 'NoExecute'"),
        (spec(affinity={"podAffinity": {}}), "affinity.podAffinity: cannot be set"),
        (spec(terminationGracePeriodSeconds=0), "terminationGracePeriodSeconds = 0"),
        (labels(**{"auto-retrain__job-id": "x"}), "is set by auto-retrain or Kubernetes and cannot be overridden"),
        (labels(**{"app.kubernetes.io__managed-by": "x"}), "is set by auto-retrain or Kubernetes"),
        (labels(**{"job-name": "x"}), "is set by auto-retrain or Kubernetes"),
        (labels(**{"kueue.x-k8s.io__queue-name": "x"}), "is set by auto-retrain or Kubernetes"),
        (labels(team="user@example.com"), "team = 'user@example.com'"),
        (labels(Bad_Prefix__x="1"), "'Bad_Prefix/x'"),
        ({"image": "two words"}, "image = 'two words'"),
        ({"image": "x@sha256:123"}, "image = 'x@sha256:123'"),
        ({"namespace": "Team_A"}, "namespace = 'Team_A'"),
        ({"capacity": "cheap"}, "capacity = 'cheap'"),
        ({"capacity": "spot", **spec(affinity={"nodeAffinity": {}})}, "capacity: is itself a node affinity"),
        ({"gpus": -1}, "gpus = -1"),
        ({"queue": ""}, "queue = ''"),
        ({"retries": 11}, "retries = 11"),
    ],
)  # fmt: skip
def test_fields_that_cannot_be_overridden_are_refused_by_name(fields: dict[str, Any], message: str) -> None:
    assert message in refusal(**fields)


@pytest.mark.parametrize("names", [["USERNAME", "PASSWORD"], ["TOKEN"]])
def test_pods_can_get_credentials_for_mlflow_from_a_kubernetes_secret(names: list[str]) -> None:
    references = [
        {"name": f"MLFLOW_TRACKING_{name}", "valueFrom": {"secretKeyRef": {"name": "mlflow", "key": name.lower()}}}
        for name in names
    ]
    body = training(**container(env=references)).pod_template.spec.container.as_body()
    assert [variable["name"] for variable in body["env"]] == [f"MLFLOW_TRACKING_{name}" for name in names]


def test_fields_that_are_left_out_are_left_to_kubernetes() -> None:
    assert training().pod_template.spec.as_body() == {}


def test_a_template_gives_the_same_body_after_being_stored() -> None:
    written = training(
        **spec(
            tolerations=[{"key": "a", "operator": "Exists"}],
            volumes=[{"name": "x", "emptyDir": {}}],
            containers=[{"volumeMounts": [{"name": "x", "mountPath": "/x"}]}],
        )
    )

    stored = TrainingPolicy.model_validate_json(written.model_dump_json())

    assert stored.pod_template.as_body() == written.pod_template.as_body()


@pytest.mark.parametrize(
    ("image", "pinned"),
    [
        ("example.com/a@sha256:" + "0" * 64, True),
        ("example.com/a:1@sha256:" + "0" * 64, True),
        ("example.com/a:1", False),
        ("a", False),
    ],
)
def test_only_an_image_with_a_digest_is_pinned(image: str, pinned: bool) -> None:
    assert training(image=image).image == image
    assert is_pinned(image) is pinned
