"""On which nodes a pod may run: what the policy says about capacity and GPUs as affinity and tolerations."""

from ....domain.policy.training import Capacity, TrainingPolicy
from ..access.transport import Json

# Who provides the nodes, the label that says how they are paid, and the word for spot capacity in it.
_SPOT = (("karpenter.sh/capacity-type", "spot"), ("eks.amazonaws.com/capacityType", "SPOT"))
_GPU_TAINT = {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}


def place(training: TrainingPolicy) -> Json:
    """The fields of a pod's spec that decide on its node, beside those that are taken over from the template."""
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
            return _required([{"matchExpressions": [_where(label, "NotIn", word) for label, word in _SPOT]}])
        case Capacity.SPOT:
            return _required([_spot_term(label, word) for label, word in _SPOT])
        case Capacity.SPOT_PREFERRED:
            # Spot nodes while there are any, else those on demand.
            better = [{"weight": 100, "preference": _spot_term(label, word)} for label, word in _SPOT]
            return {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": better}}


def _required(terms: list[Json]) -> Json:
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}


def _spot_term(label: str, word: str) -> Json:
    return {"matchExpressions": [_where(label, "In", word)]}


def _where(label: str, operator: str, word: str) -> Json:
    return {"key": label, "operator": operator, "values": [word]}
