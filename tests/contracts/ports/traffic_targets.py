"""Every kind of traffic target, with switches for what may happen to it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, Protocol

import requests
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from auto_retrain.adapters.kubernetes.access.connection import Connection
from auto_retrain.adapters.kubernetes.access.objects import ObjectClient
from auto_retrain.adapters.kubernetes.access.transport import Transport
from auto_retrain.adapters.memory.outside import MemoryRegistry
from auto_retrain.adapters.memory.traffic import MemoryTraffic
from auto_retrain.adapters.traffic.alias import AliasTraffic
from auto_retrain.adapters.traffic.http_route import HttpRouteTraffic
from auto_retrain.adapters.traffic.kserve import KserveTraffic
from auto_retrain.adapters.traffic.router import RouterTraffic
from auto_retrain.adapters.traffic.sagemaker import SagemakerTraffic
from auto_retrain.domain.policy.traffic import (
    AliasTarget,
    HttpRouteTarget,
    KserveTarget,
    RouterTarget,
    SagemakerTarget,
    TrafficTarget,
)
from auto_retrain.ports import TrafficRouter
from local.cluster import LocalCluster, User
from local.cluster.tokens import ADMIN, KSERVE, TRAFFIC
from tests.aws_clients import aws_client

_INSTANCE = {"ModelName": "churn", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
_ROLE = "arn:aws:iam::123456789012:role/serving"
MODEL = "churn"
NAMESPACE = "serving"
ROUTE = HttpRouteTarget(adapter="http_route", namespace=NAMESPACE, route="churn", service="churn-v{version}")
VERSIONS = ("17", "18", "19")

Json = dict[str, Any]


class Target(Protocol):
    """A target of requests for version 17, as a test needs it; 18 and 19 are ready to serve."""

    traffic: TrafficRouter
    target: TrafficTarget

    def move(self, weights: Mapping[str, int]) -> None:
        """Let a person give other versions the requests."""

    def ignore(self) -> None:
        """From now on accept every change and put none into force."""

    def lose_version(self) -> None:
        """Lose whatever would let version 18 answer requests."""

    def vanish(self) -> None:
        """Answer nobody from now on."""

    def settle(self) -> None:
        """Let what was written take effect."""


class _WithoutWeights:
    """A target that nobody outside can move, and that needs nothing."""

    def __init__(self, traffic: TrafficRouter, target: TrafficTarget) -> None:
        self.traffic, self.target = traffic, target


class MemoryTarget:
    """The adapter in memory."""

    target: TrafficTarget = ROUTE

    def __init__(self) -> None:
        self.traffic = MemoryTraffic()
        self.traffic.move(MODEL, {"17": 100})

    def move(self, weights: Mapping[str, int]) -> None:
        self.traffic.move(MODEL, {version: share for version, share in weights.items() if share})

    def ignore(self) -> None:
        self.traffic.ignores = True

    def lose_version(self) -> None:
        self.traffic.refuses = "version 18 is not there"

    def vanish(self) -> None:
        self.traffic.unavailable = True

    def settle(self) -> None:
        """It is in force at once."""


class NoToken:
    """The identity of a test's client."""

    def __init__(self, token: str) -> None:
        self._token = token

    def token(self) -> str:
        return self._token

    def refresh(self) -> None:
        """It stays the same."""


def client_of(url: str, token: str = "traffic") -> Callable[[str], ObjectClient]:
    """Clients that do not sleep between attempts."""
    transport = Transport(Connection(url, None, NoToken(token)))
    return lambda namespace: ObjectClient(transport, namespace, sleep=lambda _: None)


def asked_for(body: Json) -> Json:
    """What an object asks for: its controller writes the status, and with it the revision, whenever it likes."""
    metadata = {name: body["metadata"].get(name) for name in ("labels", "annotations")}
    return {"spec": body["spec"], "metadata": metadata}


class RouteTarget:
    """An HTTPRoute on a local cluster, with a gateway that accepts it, and Services of three versions."""

    target: TrafficTarget = ROUTE

    def __init__(self, cluster: LocalCluster) -> None:
        self.cluster = cluster
        self.traffic = HttpRouteTraffic(client_of(cluster.url))
        for version in VERSIONS:
            self.serve(version)
        self.create_route([self.rule({"17": 1})])
        self.settle()

    def rule(self, weights: Mapping[str, int], **more: Any) -> Json:
        backends = [{"name": f"churn-v{version}", "port": 80, "weight": weight} for version, weight in weights.items()]
        return {"backendRefs": backends, **more}

    def create_route(self, rules: list[Json], **metadata: Any) -> None:
        """Create the HTTPRoute anew."""
        self.ask("DELETE", "httproutes/churn")
        spec = {"parentRefs": [{"name": "public"}], "rules": rules}
        self.create("gateway.networking.k8s.io/v1", "HTTPRoute", "httproutes", {"name": "churn", **metadata}, spec=spec)

    def serve(self, version: str, *, ready: bool = True) -> None:
        """Let a Service of a version exist, with one endpoint."""
        self.create("v1", "Service", "services", {"name": f"churn-v{version}"}, spec={"ports": [{"port": 80}]})
        self.show_endpoint(version, ready)

    def show_endpoint(self, version: str, ready: bool) -> None:
        name = f"churn-v{version}-1"
        self.ask("DELETE", f"endpointslices/{name}")
        labels = {"kubernetes.io/service-name": f"churn-v{version}"}
        endpoints = [{"addresses": ["10.0.0.1"], "conditions": {"ready": ready}}]
        metadata = {"name": name, "labels": labels}
        self.create("discovery.k8s.io/v1", "EndpointSlice", "endpointslices", metadata, endpoints=endpoints)

    def create(self, api: str, kind: str, plural: str, metadata: Json, **fields: Any) -> None:
        answer = self.ask("POST", plural, {"apiVersion": api, "kind": kind, "metadata": metadata, **fields})
        assert answer.status_code == 201, answer.text

    def body(self) -> Json:
        return dict(self.ask("GET", "httproutes/churn").json())

    def backends(self) -> dict[str, int]:
        """The weights that the first rule of the HTTPRoute says, as they stand there."""
        return {each["name"]: each["weight"] for each in self.body()["spec"]["rules"][0]["backendRefs"]}

    def patch(self, change: Json) -> None:
        """Let a person change the HTTPRoute."""
        answer = self.ask("PATCH", "httproutes/churn", change)
        assert answer.status_code == 200, answer.text

    def move(self, weights: Mapping[str, int]) -> None:
        self.patch({"spec": {"rules": [self.rule(weights)]}})
        self.settle()

    def ignore(self) -> None:
        self.cluster.gateways.asleep = True

    def lose_version(self) -> None:
        self.ask("DELETE", "services/churn-v18")

    def vanish(self) -> None:
        self.cluster.close()

    def settle(self) -> None:
        assert self.cluster.wait_until(self.cluster.is_idle)

    def ask(self, method: str, path: str, body: Json | None = None) -> requests.Response:
        """Do something as an administrator."""
        api = {"httproutes": "apis/gateway.networking.k8s.io/v1", "endpointslices": "apis/discovery.k8s.io/v1"}
        root = f"{self.cluster.url}/{api.get(path.split('/')[0], 'api/v1')}/namespaces/{NAMESPACE}"
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {"Authorization": "Bearer admin", "Content-Type": kind}
        return requests.request(method, f"{root}/{path}", json=body, headers=headers, timeout=10)


class KserveService:
    """An InferenceService on a local cluster in one of KServe's modes, which has rolled out version 17."""

    target: TrafficTarget = KserveTarget(adapter="kserve", namespace=NAMESPACE, service="churn")

    def __init__(self, cluster: LocalCluster, mode: str) -> None:
        self.cluster, self.mode = cluster, mode
        self.registry = MemoryRegistry()
        for version in VERSIONS:
            self.registry.register(MODEL, version)
        self.registry.set_champion(MODEL, "17")
        self.traffic = KserveTraffic(client_of(cluster.url), self.registry)
        metadata = {"name": "churn", "annotations": {"serving.kserve.io/deploymentMode": mode}}
        body = {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService", "metadata": metadata}
        answer = self.ask("POST", "", {**body, "spec": {"predictor": self.predictor("17")}})
        assert answer.status_code == 201, answer.text
        self.settle()

    def predictor(self, version: str) -> Json:
        return {"model": {"modelFormat": {"name": "mlflow"}, "storageUri": self.registry.storage_uri(MODEL, version)}}

    def body(self) -> Json:
        return dict(self.ask("GET", "/churn").json())

    def patch(self, change: Json) -> None:
        """Let a person change the InferenceService."""
        answer = self.ask("PATCH", "/churn", change)
        assert answer.status_code == 200, answer.text
        self.settle()

    def move(self, weights: Mapping[str, int]) -> None:
        stable, other = weights
        if self.mode == "Knative":
            self.patch({"spec": {"predictor": {**self.predictor(other), "canaryTrafficPercent": weights[other]}}})
        else:
            canary = {"trafficPercent": weights[other], "predictor": {"name": f"v{other}", **self.predictor(other)}}
            self.patch({"spec": {"predictor": self.predictor(stable), "canary": [canary]}})

    def ignore(self) -> None:
        self.cluster.kserve.asleep = True

    def lose_version(self) -> None:
        self.ask("DELETE", "/churn")

    def vanish(self) -> None:
        self.cluster.close()

    def settle(self) -> None:
        assert self.cluster.wait_until(self.cluster.is_idle)

    def ask(self, method: str, path: str, body: Json | None = None) -> requests.Response:
        """Do something as an administrator."""
        root = f"{self.cluster.url}/apis/serving.kserve.io/v1beta1/namespaces/{NAMESPACE}/inferenceservices"
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {"Authorization": "Bearer admin", "Content-Type": kind}
        return requests.request(method, f"{root}{path}", json=body, headers=headers, timeout=10)


@contextmanager
def kserve(mode: str) -> Iterator[KserveService]:
    tokens = {"admin": ADMIN, "traffic": User("traffic", KSERVE)}
    with LocalCluster({}, namespaces=(NAMESPACE,), tokens=tokens) as cluster:
        yield KserveService(cluster, mode)


class SagemakerEndpoint:
    """An endpoint in the emulated SageMaker, with a variant for each version."""

    target: TrafficTarget = SagemakerTarget(adapter="sagemaker", endpoint="churn")

    def __init__(self) -> None:
        self._client = aws_client("sagemaker")
        image = {"Image": "image"}
        self._client.create_model(ModelName="churn", ExecutionRoleArn=_ROLE, PrimaryContainer=image)
        variants = [
            {"VariantName": f"v{version}", "InitialVariantWeight": float(version == "17"), **_INSTANCE}
            for version in VERSIONS
        ]
        self._client.create_endpoint_config(EndpointConfigName="churn", ProductionVariants=variants)
        self._client.create_endpoint(EndpointName="churn", EndpointConfigName="churn")
        self.traffic = SagemakerTraffic(self._client)

    def move(self, weights: Mapping[str, int]) -> None:
        shares = {version: weights.get(version, 0) for version in VERSIONS}
        changes = [{"VariantName": f"v{version}", "DesiredWeight": float(share)} for version, share in shares.items()]
        self._client.update_endpoint_weights_and_capacities(EndpointName="churn", DesiredWeightsAndCapacities=changes)

    def ignore(self) -> None:
        """The endpoint goes on changing for ever: the weights are asked for, and not current."""
        describe = self._client.describe_endpoint
        variants = describe(EndpointName="churn")["ProductionVariants"]
        before = {each["VariantName"]: each.get("CurrentWeight", 0.0) for each in variants}

        def unchanged(**names: str) -> Any:
            endpoint = describe(**names)
            for variant in endpoint["ProductionVariants"]:
                variant["CurrentWeight"] = before[variant["VariantName"]]
            return {**endpoint, "EndpointStatus": "Updating" if self._asked else "InService"}

        def asked(**names: Any) -> None:
            self._asked = True
            update(**names)

        update = self._client.update_endpoint_weights_and_capacities
        self._asked = False
        self._client.describe_endpoint, self._client.update_endpoint_weights_and_capacities = unchanged, asked

    def lose_version(self) -> None:
        describe = self._client.describe_endpoint

        def without(**names: str) -> Any:
            endpoint = describe(**names)
            variants = [each for each in endpoint["ProductionVariants"] if each["VariantName"] != "v18"]
            return {**endpoint, "ProductionVariants": variants}

        self._client.describe_endpoint = without

    def vanish(self) -> None:
        def away(**_: Any) -> None:
            raise EndpointConnectionError(endpoint_url="https://sagemaker")

        self._client.describe_endpoint = away

    def settle(self) -> None:
        """It is in force at once."""


@contextmanager
def sagemaker() -> Iterator[SagemakerEndpoint]:
    with mock_aws():
        yield SagemakerEndpoint()


@contextmanager
def memory() -> Iterator[MemoryTarget]:
    yield MemoryTarget()


@contextmanager
def http_route() -> Iterator[RouteTarget]:
    tokens = {"admin": ADMIN, "traffic": User("traffic", TRAFFIC)}
    with LocalCluster({}, namespaces=(NAMESPACE,), tokens=tokens) as cluster:
        yield RouteTarget(cluster)


def alias() -> _WithoutWeights:
    return _WithoutWeights(AliasTraffic(), AliasTarget())


def router() -> _WithoutWeights:
    return _WithoutWeights(RouterTraffic(), RouterTarget(adapter="router"))


# With weights of their own: what can go wrong can go wrong at each of them.
WITH_WEIGHTS: dict[str, Callable[[], Any]] = {
    "memory": memory,
    "http_route": http_route,
    "kserve_knative": partial(kserve, "Knative"),
    "kserve_standard": partial(kserve, "Standard"),
    "sagemaker": sagemaker,
}
WITHOUT_WEIGHTS: dict[str, Callable[[], _WithoutWeights]] = {"alias": alias, "router": router}
