"""Fields of a batch/v1 Job and their types: one table, so a misspelled field is refused as the real server does.

A dict is an object, `{ANY_KEY: type}` a map, `[type]` a list. Parts that we never send are listed, but not checked
(`OPAQUE`).
"""

from enum import Enum
from typing import Any


class Scalar(Enum):
    """Types that contain no other types, by the names that the server uses in its messages."""

    STRING = "string"
    BOOL = "bool"
    INT32 = "int32"
    INT64 = "int64"
    QUANTITY = "quantity"
    OPAQUE = "any"


STRING, BOOL, INT32, INT64 = Scalar.STRING, Scalar.BOOL, Scalar.INT32, Scalar.INT64
QUANTITY, OPAQUE = Scalar.QUANTITY, Scalar.OPAQUE
ANY_KEY = "*"

Schema = Any


def _opaque(*names: str) -> dict[str, Schema]:
    return dict.fromkeys(names, OPAQUE)


STRING_MAP = {ANY_KEY: STRING}

OBJECT_META = {
    "name": STRING,
    "generateName": STRING,
    "namespace": STRING,
    "uid": STRING,
    "resourceVersion": STRING,
    "creationTimestamp": STRING,
    "labels": STRING_MAP,
    "annotations": STRING_MAP,
    "finalizers": [STRING],
    **_opaque("selfLink", "generation", "deletionTimestamp", "deletionGracePeriodSeconds", "ownerReferences"),
    **_opaque("managedFields"),
}

SECCOMP_PROFILE = {"type": STRING, "localhostProfile": STRING}

CONTAINER_SECURITY = {
    "allowPrivilegeEscalation": BOOL,
    "capabilities": {"add": [STRING], "drop": [STRING]},
    "privileged": BOOL,
    "readOnlyRootFilesystem": BOOL,
    "runAsNonRoot": BOOL,
    "runAsUser": INT64,
    "runAsGroup": INT64,
    "seccompProfile": SECCOMP_PROFILE,
    **_opaque("appArmorProfile", "procMount", "seLinuxOptions", "windowsOptions"),
}

POD_SECURITY = {
    "runAsNonRoot": BOOL,
    "runAsUser": INT64,
    "runAsGroup": INT64,
    "fsGroup": INT64,
    "fsGroupChangePolicy": STRING,
    "supplementalGroups": [INT64],
    "seccompProfile": SECCOMP_PROFILE,
    **_opaque("appArmorProfile", "seLinuxOptions", "seLinuxChangePolicy", "supplementalGroupsPolicy"),
    **_opaque("sysctls", "windowsOptions"),
}

RESOURCES = {"limits": {ANY_KEY: QUANTITY}, "requests": {ANY_KEY: QUANTITY}, "claims": OPAQUE}

CONTAINER = {
    "name": STRING,
    "image": STRING,
    "imagePullPolicy": STRING,
    "command": [STRING],
    "args": [STRING],
    "workingDir": STRING,
    "env": [{"name": STRING, "value": STRING, "valueFrom": OPAQUE}],
    "envFrom": [OPAQUE],
    "resources": RESOURCES,
    "securityContext": CONTAINER_SECURITY,
    "terminationMessagePath": STRING,
    "terminationMessagePolicy": STRING,
    "volumeMounts": [
        {"name": STRING, "mountPath": STRING, "readOnly": BOOL, "subPath": STRING}
        | _opaque("mountPropagation", "recursiveReadOnly", "subPathExpr")
    ],
    **_opaque("lifecycle", "livenessProbe", "ports", "readinessProbe", "resizePolicy", "restartPolicy"),
    **_opaque("restartPolicyRules", "startupProbe", "stdin", "stdinOnce", "tty", "volumeDevices"),
}

VOLUME = {
    "name": STRING,
    "emptyDir": {"medium": STRING, "sizeLimit": QUANTITY},
    **_opaque("awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "configMap", "csi"),
    **_opaque("downwardAPI", "ephemeral", "fc", "flexVolume", "flocker", "gcePersistentDisk", "gitRepo"),
    **_opaque("glusterfs", "hostPath", "image", "iscsi", "nfs", "persistentVolumeClaim", "photonPersistentDisk"),
    **_opaque("portworxVolume", "projected", "quobyte", "rbd", "scaleIO", "secret", "storageos", "vsphereVolume"),
}

POD_SPEC = {
    "activeDeadlineSeconds": INT64,
    "automountServiceAccountToken": BOOL,
    "containers": [CONTAINER],
    "dnsPolicy": STRING,
    "enableServiceLinks": BOOL,
    "hostIPC": BOOL,
    "hostNetwork": BOOL,
    "hostPID": BOOL,
    "initContainers": [CONTAINER],
    "nodeName": STRING,
    "nodeSelector": STRING_MAP,
    "priorityClassName": STRING,
    "restartPolicy": STRING,
    "schedulerName": STRING,
    "securityContext": POD_SECURITY,
    "serviceAccount": STRING,
    "serviceAccountName": STRING,
    "terminationGracePeriodSeconds": INT64,
    "volumes": [VOLUME],
    **_opaque("affinity", "dnsConfig", "ephemeralContainers", "hostAliases", "hostUsers", "hostname"),
    **_opaque("hostnameOverride", "imagePullSecrets", "os", "overhead", "preemptionPolicy", "priority"),
    **_opaque("readinessGates", "resourceClaims", "resources", "runtimeClassName", "schedulingGates"),
    **_opaque("setHostnameAsFQDN", "shareProcessNamespace", "subdomain", "tolerations"),
    **_opaque("topologySpreadConstraints"),
}

POD_FAILURE_RULE = {
    "action": STRING,
    "onExitCodes": {"containerName": STRING, "operator": STRING, "values": [INT32]},
    "onPodConditions": [{"type": STRING, "status": STRING}],
}

JOB_SPEC = {
    "activeDeadlineSeconds": INT64,
    "backoffLimit": INT32,
    "backoffLimitPerIndex": INT32,
    "completionMode": STRING,
    "completions": INT32,
    "managedBy": STRING,
    "manualSelector": BOOL,
    "maxFailedIndexes": INT32,
    "parallelism": INT32,
    "podFailurePolicy": {"rules": [POD_FAILURE_RULE]},
    "podReplacementPolicy": STRING,
    "selector": OPAQUE,
    "successPolicy": OPAQUE,
    "suspend": BOOL,
    "template": {"metadata": OBJECT_META, "spec": POD_SPEC},
    "ttlSecondsAfterFinished": INT32,
}

JOB = {"apiVersion": STRING, "kind": STRING, "metadata": OBJECT_META, "spec": JOB_SPEC, "status": OPAQUE}
