"""The nodes on which a pod may run: the policy's capacity and GPUs as affinity and tolerations."""

from ....domain.policy.training import Capacity, TrainingPolicy
from ..access.transport import Json

# The label for the capacity type and its value for spot, by Karpenter and by managed node groups.
_SPOT = (("karpenter.sh/capacity-type", "spot"), ("eks.amazonaws.com/capacityType", "SPOT"))
_GPU_TAINT = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}


def place(training: TrainingPolicy) -> Json:
    """The fields of a pod's spec that select its node, besides those copied from the template."""
    template = training.pod_template.spec
    affinity = _affinity(training.capacity)
    if template.affinity:
        affinity = template.affinity.as_body()
    tolerations = [toleration.as_body() for toleration in template.tolerations]
    tolerations += [_GPU_TAINT] if training.gpus and _GPU_TAINT not in tolerations else []
    fields: Json = {"affinity": affinity, "tolerations": tolerations}
    return {name: value for name, value in fields.items() if value}


def _affinity(capacity: Capacity) -> Json:
    match capacity:
        case Capacity.ANY:
            return {}
        case Capacity.ON_DEMAND:
            # One term, so both must hold; a node without the label is on demand.
            return _required([{"matchExpressions": [_where(label, "NotIn", value) for label, value in _SPOT]}])
        case Capacity.SPOT:
            return _required([_spot_term(label, value) for label, value in _SPOT])
        case Capacity.SPOT_PREFERRED:
            # Spot nodes if there are any, else on-demand nodes.
            preferred = [{"weight": 100, "preference": _spot_term(label, value)} for label, value in _SPOT]
            return {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}}


def _required(terms: list[Json]) -> Json:
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}


def _spot_term(label: str, value: str) -> Json:
    return {"matchExpressions": [_where(label, "In", value)]}


def _where(label: str, operator: str, value: str) -> Json:
    return {"key": label, "operator": operator, "values": [value]}
