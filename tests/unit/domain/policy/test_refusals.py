"""What lends other people's rights, hides secrets or is absurd is refused by name, unless the deployment allows it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from auto_retrain.domain.policy.pod_rules import PodRules
from auto_retrain.domain.policy.refusals import refusals
from auto_retrain.domain.policy.training import TrainingPolicy

KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def refused(allows: str = "", **fields: Any) -> str:
    training = TrainingPolicy.model_validate_json(json.dumps(fields))
    return "\n".join(refusals(training, PodRules().extended(allows)))


def metadata(**fields: Any) -> dict[str, Any]:
    return {"pod_template": {"metadata": fields}}


def spec(**fields: Any) -> dict[str, Any]:
    return {"pod_template": {"spec": fields}}


def variable(name: str, value: str = "1") -> dict[str, Any]:
    return spec(containers=[{"env": [{"name": name, "value": value}]}])


def reference(name: str, secret: str) -> dict[str, Any]:
    source = {"secretKeyRef": {"name": secret, "key": "k"}}
    return spec(containers=[{"env": [{"name": name, "valueFrom": source}]}])


def resources(**amounts: str) -> dict[str, Any]:
    limits = {name.replace("__", "/").replace("_", "-"): amount for name, amount in amounts.items()}
    return spec(containers=[{"resources": {"limits": limits}}])


def mount(path: str, **fields: Any) -> dict[str, Any]:
    mounts = [{"name": "x", "mountPath": path, **fields}]
    return spec(volumes=[{"name": "x", "emptyDir": {}}], containers=[{"volumeMounts": mounts}])


@pytest.mark.parametrize(
    "name",
    [
        "iam.amazonaws.com/role",
        "vault.hashicorp.com/agent-inject",
        "eks.amazonaws.com/skip-containers",
        "container.apparmor.security.beta.kubernetes.io/train-model",
        "seccomp.security.alpha.kubernetes.io/pod",
        "container.seccomp.security.alpha.kubernetes.io/train-model",
        "sidecar.istio.io/inject",
        "k8s.v1.cni.cncf.io/networks",
        "appendix",
        "teams",
    ],
)
def test_an_annotation_or_label_that_is_not_allowed_is_refused_with_what_is(name: str) -> None:
    text = refused(**metadata(annotations={name: "x"}, labels={name: "x"}))

    assert f"training.pod_template.metadata.annotations: not allowed: '{name}'; allowed are team, owner" in text
    assert f"training.pod_template.metadata.labels: not allowed: '{name}'" in text
    assert "the stack parameter PodTemplateAllows can allow more, as label=NAME" in text
    assert not refused(f"label={name},annotation={name}", **metadata(annotations={name: "x"}, labels={name: "x"}))


def test_costs_can_be_allocated_without_any_configuration() -> None:
    labels = {"team": "growth", "cost-center": "4711", "app.kubernetes.io/part-of": "churn"}
    assert not refused(**metadata(labels=labels, annotations={**labels, "note": "any text: at all"}))


@pytest.mark.parametrize(
    "name",
    [
        *("PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME", "LD_PRELOAD", "LD_LIBRARY_PATH", "PATH", "BASH_ENV"),
        *("HTTP_PROXY", "https_proxy", "NO_PROXY", "ALL_PROXY", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE", "AWS_ROLE_ARN"),
        *("MLFLOW_TRACKING_INSECURE_TLS", "MLFLOW_REGISTRY_URI", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "HOME"),
    ],
)
def test_a_variable_that_changes_what_runs_or_whom_it_asks_is_refused_also_by_reference(name: str) -> None:
    for fields in (variable(name), reference(name, "hub")):
        text = refused("secret=hub", **fields)
        assert f"training.pod_template.spec.containers.0.env: not allowed: '{name}'; allowed are TRAINER_*," in text
    assert not refused(f"env={name}", **variable(name))


@pytest.mark.parametrize("name", ["TRAINER_DEPTH", "OMP_NUM_THREADS", "TOKENIZERS_PARALLELISM", "LOG_LEVEL"])
def test_settings_of_trainers_and_libraries_need_no_configuration(name: str) -> None:
    assert not refused(**variable(name))


@pytest.mark.parametrize(
    ("fields", "field", "allows"),
    [
        (reference("HF_TOKEN", "hub"), "spec.containers.0.env: not allowed: 'hub'", "secret=hub"),
        (spec(volumes=[{"name": "x", "secret": {"secretName": "tls"}}]), "spec.volumes: not allowed", "secret=t*"),
        (spec(imagePullSecrets=[{"name": "reg"}]), "spec.imagePullSecrets: not allowed: 'reg'", "pull-secret=reg"),
        (spec(serviceAccountName="admin"), "spec.serviceAccountName: not allowed: 'admin'", "service-account=admin"),
        (
            spec(volumes=[{"name": "x", "persistentVolumeClaim": {"claimName": "theirs"}}]),
            "spec.volumes: not allowed: 'theirs'",
            "claim=theirs",
        ),
        (spec(runtimeClassName="host"), "spec.runtimeClassName: not allowed: 'host'", "runtime-class=host"),
    ],
)
def test_nothing_is_lent_unless_the_deployment_names_it(fields: dict[str, Any], field: str, allows: str) -> None:
    text = refused(**fields)
    assert f"training.pod_template.{field}" in text
    assert (
        f"none is allowed; the stack parameter PodTemplateAllows can allow more, as {allows.partition('=')[0]}=" in text
    )
    assert not refused(allows, **fields)


@pytest.mark.parametrize(
    ("toleration", "allows"),
    [
        ({"key": "dedicated", "value": "payments"}, "toleration=dedicated"),
        ({"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"}, "toleration=node-role*"),
        ({"operator": "Exists"}, "toleration=*"),
        ({"key": "node.kubernetes.io/unschedulable", "operator": "Exists"}, "toleration=node.kubernetes.io/*"),
    ],
)
def test_nodes_that_others_keep_for_themselves_are_refused_unless_the_deployment_lends_them(
    toleration: dict[str, str], allows: str
) -> None:
    fields = spec(tolerations=[toleration, {"key": "nvidia.com/gpu", "operator": "Exists"}])
    name = toleration.get("key", "*")
    assert f"pod_template.spec.tolerations: not allowed: '{name}'; allowed are nvidia.com/gpu," in refused(**fields)
    assert not refused(allows, **fields)


def test_a_toleration_without_a_key_is_not_allowed_by_the_beginning_of_a_name() -> None:
    assert "not allowed: '*'" in refused("toleration=team*", **spec(tolerations=[{"operator": "Exists"}]))


@pytest.mark.parametrize("key", ["nvidia.com/gpu", "aws.amazon.com/neuron", "amd.com/gpu"])
def test_taints_of_accelerators_are_tolerated_without_any_configuration(key: str) -> None:
    assert not refused(**spec(tolerations=[{"key": key, "operator": "Exists", "effect": "NoSchedule"}]))


def test_a_device_is_refused_unless_it_is_an_accelerator() -> None:
    assert not refused(**resources(**{"aws.amazon.com__neuroncore": "2"}))
    assert "not allowed: 'vpc.amazonaws.com/efa'" in refused(**resources(**{"vpc.amazonaws.com__efa": "1"}))


@pytest.mark.parametrize(
    "name", ["DB_PASSWORD", "aws_secret_access_key", "HF_TOKEN", "ApiKey", "TRAINER_DB_PASS", "TRAINER_PWD", "MY_DSN"]
)
def test_a_variable_that_sounds_like_a_secret_must_be_a_reference_and_is_never_shown(name: str) -> None:
    text = refused(f"env={name}", **variable(name, "hunter2"))
    assert f"'{name}' sounds like a secret; use valueFrom.secretKeyRef" in text
    assert "hunter2" not in text
    assert not refused(f"env={name},secret=db", **reference(name, "db"))


@pytest.mark.parametrize(
    "value",
    [
        "AKIAIOSFODNN7EXAMPLE",
        KEY,
        "ghp_" + "a1" * 18,
        "postgres://me:hunter2@db/x",
        "-----BEGIN RSA PRIVATE KEY-----",
        "eyJhbGciOi.eyJzdWIiOi.c2ln",
        "xoxb-1234567890-x",
        "https://hooks.slack.com/services/T0/B0/x",
    ],
)
def test_a_value_that_looks_like_a_secret_is_refused_wherever_it_stands_and_never_shown(value: str) -> None:
    places = (variable("TRAINER_X", value), metadata(annotations={"note": value}), {"parameters": {"a": [value]}})
    for fields in places:
        text = refused(**fields)
        assert "looks like a secret" in text
        assert value not in text


@pytest.mark.parametrize("value", ["a" * 40, "0123456789abcdef" * 4, "https://example.com/a:b", "2026-03-01T12:00:00Z"])
def test_hashes_and_addresses_are_no_secrets(value: str) -> None:
    assert not refused(**variable("TRAINER_X", value))


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/tmp", "/tmp/x", "/proc/1", "/dev", "/a/../tmp", "/var/run/secrets/x", "/dev/shmem", "/var", "/opt"),
        *("//proc", "/proc/", "/./tmp", "/run/secrets", "/run", "///", "/.", "/etc/ssl/certs", "/usr/local/lib"),
        *("/opt/trainer/train_model", "/opt//venv/./lib"),
    ],
)
def test_nothing_is_mounted_over_what_the_pod_runs_on_however_the_path_is_written(path: str) -> None:
    assert "volumeMounts.0.mountPath = " in refused(**mount(path))


@pytest.mark.parametrize("path", ["/dev/shm", "/dev/shm/x", "/data/", "/mnt//cache", "/opt/ml", "/procedures"])
def test_other_places_are_free(path: str) -> None:
    assert not refused(**mount(path))


@given(st.lists(st.sampled_from(["", ".", "proc", "run", "secrets", "x"]), min_size=1, max_size=6))
def test_no_spelling_of_a_path_leads_into_proc(parts: list[str]) -> None:
    meant = [part for part in parts if part not in ("", ".")]
    assert bool(refused(**mount("/" + "/".join(parts)))) == (meant[:1] in (["proc"], ["run"], []))


def test_a_sub_path_cannot_leave_its_volume() -> None:
    assert "volumeMounts.0.subPath = 'a/../..': must not contain '..'" in refused(**mount("/x", subPath="a/../.."))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"cpu": "1000000000"}, "training.cpu = '1000000000': must be cores up to 1024, such as 2 or 500m"),
        ({"cpu": "4Gi"}, "training.cpu = '4Gi'"),
        ({"memory": "999999Gi"}, "training.memory = '999999Gi': must be from 64Mi to 32Ti"),
        ({"memory": "500m"}, "training.memory = '500m'"),
        ({"memory": "4"}, "training.memory = '4'"),
        ({"memory": "9" * 400}, "training.memory = '999"),
        (resources(ephemeral_storage="0"), "limits.ephemeral-storage = '0': must be from 1Mi to 64Ti"),
        (resources(ephemeral_storage="999999Ti"), "limits.ephemeral-storage = '999999Ti'"),
        (resources(**{"amd.com__gpu": "0"}), "limits.amd.com/gpu = '0': must be from 1 to 1024"),
        (spec(volumes=[{"name": "x", "emptyDir": {"sizeLimit": "0"}}]), "volumes.0.emptyDir.sizeLimit = '0'"),
        ({"namespace": "kube-system"}, "training.namespace = 'kube-system': belongs to Kubernetes itself"),
        (spec(priorityClassName="system-node-critical"), "priorityClassName = 'system-node-critical'"),
    ],
)
def test_absurd_sizes_and_places_of_kubernetes_itself_are_refused(fields: dict[str, Any], message: str) -> None:
    assert message in refused(**fields)


@pytest.mark.parametrize("fields", [{}, {"cpu": "500m", "memory": "64Mi"}, {"cpu": "192", "memory": "32768Gi"}])
def test_sizes_of_real_machines_are_accepted(fields: dict[str, Any]) -> None:
    assert not refused(**fields)


@pytest.mark.parametrize("entry", ["host-path=x", "label", "label=", "=x"])
def test_an_entry_of_an_unknown_kind_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match="no such entry"):
        PodRules().extended(f"label=a,{entry}")


def test_the_pod_of_a_proxy_has_the_same_bounds() -> None:
    assert refused(proxy={"cpu": "2000"}).startswith("training.proxy.cpu = '2000'")
    assert refused(proxy={"memory": "1"}).startswith("training.proxy.memory")
    assert refused(proxy={"cpu": "500m", "memory": "1Gi"}) == ""


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"rows": 199}, "greater than or equal to 200"),
        ({"max_refusals": 0}, "greater than or equal to 1"),
        ({"max_refusals": 11}, "less than or equal to 10"),
        ({"max_days": 91}, "less than or equal to 90"),
        ({"deadline_minutes": 241}, "less than or equal to 240"),
        ({"row": 500}, "Extra inputs are not permitted"),
    ],
)
def test_a_proxy_has_bounds(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        TrainingPolicy.model_validate_json(json.dumps({"proxy": fields}))
