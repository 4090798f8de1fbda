"""The Job that we ask for: safe, bounded, and known by its labels."""

from typing import Any

import pytest

from auto_retrain.adapters.kubernetes.manifest import PodSettings, build_manifest
from local.cluster.pod_security import violations

from .orders import TRAINING, make_order, name_of


@pytest.fixture
def manifest() -> dict[str, Any]:
    order = make_order("churn-1", trainer="pkg:train")
    pod = PodSettings(image="image:1", service_account="trainer")
    return build_manifest(name_of(order), order, TRAINING, "dev", pod)


def test_the_pod_keeps_the_restricted_profile(manifest: dict[str, Any]) -> None:
    pod = manifest["spec"]["template"]["spec"]

    assert violations(pod) == []
    assert pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False


def test_job_and_pod_carry_the_labels_by_which_they_are_found(manifest: dict[str, Any]) -> None:
    labels = {
        "app.kubernetes.io/managed-by": "auto-retrain",
        "auto-retrain/stage": "dev",
        "auto-retrain/job-id": "churn-1",
        "auto-retrain/kind": "train",
        "auto-retrain/model": "churn",
    }

    assert manifest["metadata"] == {"name": "churn-1-train-1", "labels": labels}
    assert manifest["spec"]["template"]["metadata"]["labels"] == labels


def test_the_policy_decides_time_and_size(manifest: dict[str, Any]) -> None:
    (container,) = manifest["spec"]["template"]["spec"]["containers"]
    size = {"cpu": "500m", "memory": "1Gi"}

    assert manifest["spec"]["activeDeadlineSeconds"] == 300
    assert container["resources"] == {"requests": size, "limits": size}


def test_every_longest_name_fits_into_a_label() -> None:
    order = make_order("m" * 40 + "-0123456789", model_name="m" * 40, kind="score")

    assert len(name_of(order)) <= 63
