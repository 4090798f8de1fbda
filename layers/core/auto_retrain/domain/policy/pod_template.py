"""What a policy can set on the pods that train, with Kubernetes' own field names; everything else is up to us.

This is the form; which names, paths and sizes a deployment allows is in `refusals.py`.
"""
# ruff: noqa: N815 - the fields have Kubernetes' names, so that people can copy them and look them up

import re
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from ..base import StrictRecord

CONTAINER: Final = "train-model"
SCRATCH_VOLUME = "tmp"
SCRATCH_PATH = "/tmp"

# Labels and annotations with a meaning for us or for Kubernetes.
_OURS = re.compile(
    r"auto-retrain/|app\.kubernetes\.io/managed-by$|(batch\.kubernetes\.io/)?(job-name|controller-uid)$"
    r"|batch\.kubernetes\.io/|kueue\.x-k8s\.io/queue-name$|karpenter\.sh/do-not-disrupt$"
)
_OUR_VARIABLES = re.compile(r"AUTO_RETRAIN_|JOB_COMPLETION_INDEX$|MLFLOW_TRACKING_URI$")
_SET_ELSEWHERE = {"cpu": "training.cpu", "memory": "training.memory", "nvidia.com/gpu": "training.gpus"}


def _check_key(key: str) -> str:
    if _OURS.match(key):
        raise ValueError("is set by auto-retrain or Kubernetes and cannot be overridden")
    return key


_DNS_NAME = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
Name = Annotated[str, Field(pattern=rf"^{_DNS_NAME}(\.{_DNS_NAME})*$", max_length=253)]
DnsLabel = Annotated[str, Field(pattern=rf"^{_DNS_NAME}$", max_length=63)]
_QUALIFIED = rf"({_DNS_NAME}(\.{_DNS_NAME})*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{{0,61}}[A-Za-z0-9])?"
AnyKey = Annotated[str, Field(pattern=rf"^{_QUALIFIED}$", max_length=317)]
OwnKey = Annotated[AnyKey, AfterValidator(_check_key)]
LabelValue = Annotated[str, Field(pattern=r"^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$")]
Amount = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$")]
MountPath = Annotated[str, Field(pattern=r"^/[^:\x00]*$", max_length=1024)]


class TemplatePart(StrictRecord):
    """Part of a pod template; fields that it does not list cannot be overridden."""

    unknown_field: ClassVar[str] = "cannot be set in a pod template"

    def as_body(self, *without: str) -> dict[str, Any]:
        """The part as the API server expects it, without some fields; defaults are Kubernetes' own and left out."""
        return self.model_dump(mode="json", exclude_defaults=True, exclude=set(without))


class TemplateMetadata(TemplatePart):
    """Labels of the Kubernetes Job and its pods, for example to allocate costs; annotations of the pods."""

    labels: dict[OwnKey, LabelValue] = Field(default_factory=dict, max_length=50)
    annotations: dict[OwnKey, Annotated[str, Field(max_length=4096)]] = Field(default_factory=dict, max_length=50)


class Toleration(TemplatePart):
    """A node taint that the pod tolerates."""

    key: AnyKey | None = None
    operator: Literal["Equal", "Exists"] = "Equal"
    value: LabelValue | None = None
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    tolerationSeconds: int | None = Field(default=None, ge=0, le=86_400)

    @model_validator(mode="after")
    def _names_what_it_tolerates(self) -> Self:
        if self.key is None and self.operator != "Exists":
            raise ValueError("key: required unless operator is 'Exists'")
        if self.operator == "Exists" and self.value is not None:
            raise ValueError("value: not allowed when operator is 'Exists'")
        if self.tolerationSeconds is not None and self.effect != "NoExecute":
            raise ValueError("tolerationSeconds: needs effect 'NoExecute'")
        return self


class NodeRequirement(TemplatePart):
    """A requirement on a node label."""

    key: AnyKey
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]
    values: tuple[LabelValue, ...] = ()

    @model_validator(mode="after")
    def _has_the_values_it_needs(self) -> Self:
        minimum, maximum = {"In": (1, 100), "NotIn": (1, 100), "Gt": (1, 1), "Lt": (1, 1)}.get(self.operator, (0, 0))
        if not minimum <= len(self.values) <= maximum:
            raise ValueError(f"values: operator '{self.operator}' takes {minimum} to {maximum} values")
        return self


class NodeTerm(TemplatePart):
    """Requirements that a node must meet together."""

    matchExpressions: tuple[NodeRequirement, ...] = Field(min_length=1, max_length=20)


class PreferredNodes(TemplatePart):
    """Nodes that are preferred, with a weight."""

    weight: int = Field(ge=1, le=100)
    preference: NodeTerm


class RequiredNodes(TemplatePart):
    """Nodes that are allowed; meeting one of the terms is enough."""

    nodeSelectorTerms: tuple[NodeTerm, ...] = Field(min_length=1, max_length=20)


class NodeAffinity(TemplatePart):
    """The nodes that pods must or should run on."""

    requiredDuringSchedulingIgnoredDuringExecution: RequiredNodes | None = None
    preferredDuringSchedulingIgnoredDuringExecution: tuple[PreferredNodes, ...] = Field(default=(), max_length=20)


class Affinity(TemplatePart):
    """Where pods run."""

    nodeAffinity: NodeAffinity


class KeyReference(TemplatePart):
    """A key of a Secret or ConfigMap in the namespace."""

    name: Name
    key: Annotated[str, Field(pattern=r"^[-._a-zA-Z0-9]{1,253}$")]
    optional: bool = False


class VariableSource(TemplatePart):
    """Where the cluster gets the value of a variable; we never see it."""

    secretKeyRef: KeyReference | None = None
    configMapKeyRef: KeyReference | None = None

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if (self.secretKeyRef is None) == (self.configMapKeyRef is None):
            raise ValueError("needs either secretKeyRef or configMapKeyRef")
        return self


class Variable(TemplatePart):
    """An environment variable of the container; secrets must be references."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]
    value: Annotated[str, Field(max_length=4096)] | None = Field(default=None, repr=False)
    valueFrom: VariableSource | None = None

    @model_validator(mode="after")
    def _may_be_set(self) -> Self:
        if _OUR_VARIABLES.match(self.name):
            raise ValueError(f"name: '{self.name}' is set by auto-retrain and cannot be overridden")
        if (self.value is None) == (self.valueFrom is None):
            raise ValueError("needs either value or valueFrom")
        return self


class Mount(TemplatePart):
    """Where a volume is mounted in the container."""

    name: DnsLabel
    mountPath: MountPath
    subPath: Annotated[str, Field(pattern=r"^[^/.][^:\x00]*$", max_length=1024)] | None = None
    readOnly: bool = False


def _check_resource(name: str) -> str:
    if name in _SET_ELSEWHERE:
        raise ValueError(f"is set by {_SET_ELSEWHERE[name]}")
    if "/" not in name and name != "ephemeral-storage":
        raise ValueError("must be 'ephemeral-storage' or a name with a domain, such as 'aws.amazon.com/neuron'")
    return name


ResourceName = Annotated[AnyKey, AfterValidator(_check_resource)]


class Resources(TemplatePart):
    """Resources of the container other than CPU, memory and GPUs."""

    limits: dict[ResourceName, Amount] = Field(default_factory=dict, max_length=10)
    requests: dict[ResourceName, Amount] = Field(default_factory=dict, max_length=10)


class TemplateContainer(TemplatePart):
    """The pod's only container."""

    name: Literal["train-model"] = CONTAINER
    env: tuple[Variable, ...] = Field(default=(), max_length=100)
    resources: Resources = Field(default_factory=Resources.as_default)
    volumeMounts: tuple[Mount, ...] = Field(default=(), max_length=20)


class EmptyDirectory(TemplatePart):
    """Space on the node's disk or in its memory, deleted with the pod."""

    medium: Literal["", "Memory"] = ""
    sizeLimit: Amount | None = None


class ClaimSource(TemplatePart):
    """A volume that outlives the pod."""

    claimName: Name
    readOnly: bool = False


class SecretSource(TemplatePart):
    """A Secret as files."""

    secretName: Name


class ConfigMapSource(TemplatePart):
    """A ConfigMap as files."""

    name: Name


class Volume(TemplatePart):
    """Files that the container can mount."""

    name: DnsLabel
    emptyDir: EmptyDirectory | None = None
    persistentVolumeClaim: ClaimSource | None = None
    secret: SecretSource | None = None
    configMap: ConfigMapSource | None = None

    @model_validator(mode="after")
    def _has_one_source_and_its_own_name(self) -> Self:
        if self.name == SCRATCH_VOLUME:
            raise ValueError(f"name: '{SCRATCH_VOLUME}' is set by auto-retrain and cannot be overridden")
        sources = (self.emptyDir, self.persistentVolumeClaim, self.secret, self.configMap)
        if sum(source is not None for source in sources) != 1:
            raise ValueError("needs one of emptyDir, persistentVolumeClaim, secret, configMap")
        return self


class NamedReference(TemplatePart):
    """An object in the namespace."""

    name: Name


class TemplateSpec(TemplatePart):
    """Where pods run, under which account, and with what."""

    serviceAccountName: Name | None = None
    automountServiceAccountToken: bool = False
    nodeSelector: dict[AnyKey, LabelValue] = Field(default_factory=dict, max_length=20)
    tolerations: tuple[Toleration, ...] = Field(default=(), max_length=20)
    affinity: Affinity | None = None
    priorityClassName: Name | None = None
    runtimeClassName: Name | None = None
    terminationGracePeriodSeconds: int = Field(default=60, ge=1, le=600)
    imagePullSecrets: tuple[NamedReference, ...] = Field(default=(), max_length=5)
    containers: tuple[TemplateContainer, ...] = Field(default=(), max_length=1)
    volumes: tuple[Volume, ...] = Field(default=(), max_length=20)

    @property
    def container(self) -> TemplateContainer:
        return self.containers[0] if self.containers else TemplateContainer()

    @model_validator(mode="after")
    def _names_fit_together(self) -> Self:
        _refuse_twice("volumes", [volume.name for volume in self.volumes])
        _refuse_twice("containers.0.env", [variable.name for variable in self.container.env])
        _refuse_twice("containers.0.volumeMounts", [mount.mountPath for mount in self.container.volumeMounts])
        unknown = {mount.name for mount in self.container.volumeMounts} - {volume.name for volume in self.volumes}
        if unknown:
            raise ValueError(f"containers.0.volumeMounts: no such volume: {', '.join(sorted(unknown))}")
        return self


def _refuse_twice(field: str, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{field}: given more than once: {', '.join(twice)}")


class PodTemplate(TemplatePart):
    """Merged into the template of every pod that trains or scores for a model."""

    metadata: TemplateMetadata = Field(default_factory=TemplateMetadata.as_default)
    spec: TemplateSpec = Field(default_factory=TemplateSpec.as_default)
