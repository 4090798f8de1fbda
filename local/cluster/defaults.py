"""Completes a Job the way the server stores it."""

import copy
import uuid

from .objects import JOBS, Json, timestamp

MAX_INT32 = 2**31 - 1

_SPEC = {
    "parallelism": 1,
    "completions": 1,
    "manualSelector": False,
    "completionMode": "NonIndexed",
    "suspend": False,
}
_POD = {
    "terminationGracePeriodSeconds": 30,
    "dnsPolicy": "ClusterFirst",
    "securityContext": {},
    "schedulerName": "default-scheduler",
}
_CONTAINER = {
    "resources": {},
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
    "imagePullPolicy": "IfNotPresent",
}


def complete_job(sent: Json, namespace: str) -> Json:
    """A stored Job: identity, defaults and the labels by which its pods are found."""
    job = copy.deepcopy(sent)
    uid, name = str(uuid.uuid4()), job["metadata"]["name"]
    job |= {"kind": JOBS.kind, "apiVersion": JOBS.api_version, "status": {}}
    job["metadata"] |= {"namespace": namespace, "uid": uid, "generation": 1, "creationTimestamp": timestamp()}
    spec = job["spec"] = _SPEC | job["spec"]
    # Where each index has a limit of its own, all of them together have none.
    spec.setdefault("backoffLimit", MAX_INT32 if "backoffLimitPerIndex" in spec else 6)
    spec.setdefault("podReplacementPolicy", "Failed" if "podFailurePolicy" in spec else "TerminatingOrFailed")
    spec["selector"] = {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
    labels = spec["template"].setdefault("metadata", {}).setdefault("labels", {})
    for prefix in ("", "batch.kubernetes.io/"):
        labels |= {f"{prefix}controller-uid": uid, f"{prefix}job-name": name}
    job["metadata"].setdefault("labels", dict(labels))
    _complete_pod(spec["template"]["spec"])
    for rule in spec.get("podFailurePolicy", {}).get("rules", []):
        for wanted in rule.get("onPodConditions", []):
            wanted.setdefault("status", "True")
    return job


def _complete_pod(pod: Json) -> None:
    if "serviceAccountName" in pod:
        pod["serviceAccount"] = pod["serviceAccountName"]
    for field, value in _POD.items():
        pod.setdefault(field, copy.deepcopy(value))
    for container in pod["containers"] + pod.get("initContainers", []):
        for field, value in _CONTAINER.items():
            container.setdefault(field, copy.deepcopy(value))
