"""What routes a model's requests, as a section of a policy, and the rights that this needs in the cluster."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..domain.installation import NEEDED_FOR_TRAFFIC, TRAFFIC_GROUP

NAMESPACE = "serving"
# Of what these adapters change, one object has the name that the policy gives; all else is looked up in the namespace.
_OWN = {"http_route": ("httproutes", "route"), "kserve": ("inferenceservices", "service")}


class Routing(NamedTuple):
    """The fields of `deployment.traffic`, what a person has to look at, and a Role for the cluster if one is needed."""

    target: Mapping[str, str]
    to_check: tuple[str, ...] = ()
    rbac: str | None = None


def propose_routing(adapter: str, model_name: str) -> Routing:
    """Names as they would be called after the model; what is really there is not known."""
    target = {"adapter": adapter, **_names(adapter, model_name)}
    guessed = ", ".join(f"{field} {value}" for field, value in target.items() if field != "adapter")
    to_check = tuple(_to_check(adapter, guessed))
    return Routing(target, to_check, _rbac(target) if adapter in _OWN else None)


def _names(adapter: str, model_name: str) -> dict[str, str]:
    if adapter == "http_route":
        return {"namespace": NAMESPACE, "route": model_name, "service": _service(model_name)}
    if adapter == "kserve":
        return {"namespace": NAMESPACE, "service": model_name}
    return {"endpoint": model_name} if adapter == "sagemaker" else {}


def _service(model_name: str) -> str:
    """Names of Services begin with a letter."""
    return f"{model_name if model_name[0].isalpha() else f'model-{model_name}'}-v{{version}}"


def _to_check(adapter: str, guessed: str) -> Iterator[str]:
    if guessed:
        yield f"deployment.traffic: {guessed}: guessed from the model's name; what is there was not looked at"
    if adapter == "kserve":
        yield "deployment.traffic.artifact_root: needed if MLflow keeps its files as mlflow-artifacts:/"
    if adapter in _OWN:
        yield "stack parameter RoutesInCluster: has to be true, so that functions join the group of the RoleBinding"
    if adapter == "sagemaker":
        yield "stack parameter SagemakerEndpointArns: has to list the endpoint, so that functions may change it"
    if adapter == "router":
        yield "rights of your servers: to read the table and to write the log (docs/serving.md)"


def _rbac(target: Mapping[str, str]) -> str:
    """A Role for the one object, and its binding; both are JSON in most lines, which YAML is, too."""
    adapter, namespace = target["adapter"], target["namespace"]
    own, field = _OWN[adapter]
    name = f"auto-retrain-{adapter.replace('_', '-')}-{target[field]}"
    rules: dict[str, list[str]] = {}
    for permission in sorted(NEEDED_FOR_TRAFFIC[adapter]):
        rules.setdefault(permission.resource, []).append(permission.verb)
    return "\n".join(
        [
            f"# What the functions that move requests may do in the namespace {namespace}: kubectl apply -f this file",
            "apiVersion: rbac.authorization.k8s.io/v1",
            "kind: Role",
            f"metadata: {{name: {name}, namespace: {namespace}}}",
            "rules:",
            *(
                _rule(resource, verbs, target[field] if resource.startswith(own) else "")
                for resource, verbs in rules.items()
            ),
            "---",
            "apiVersion: rbac.authorization.k8s.io/v1",
            "kind: RoleBinding",
            f"metadata: {{name: {name}, namespace: {namespace}}}",
            f"roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: {name}}}",
            f"subjects: [{{apiGroup: rbac.authorization.k8s.io, kind: Group, name: {TRAFFIC_GROUP}}}]",
            "",
        ]
    )


def _rule(resource: str, verbs: list[str], name: str) -> str:
    kind, _, group = resource.partition(".")
    only = f", resourceNames: [{name}]" if name else ""
    return f'  - {{apiGroups: ["{group}"], resources: [{kind}], verbs: [{", ".join(verbs)}]{only}}}'
