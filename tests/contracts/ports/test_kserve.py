"""KServe in both of its modes: what it loads, what it routes to, and where it quietly does something else."""

from collections.abc import Iterator

import pytest

from auto_retrain.adapters.traffic.kserve import KserveTraffic
from auto_retrain.domain.errors import RegistryUnavailable, TrafficRefused
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.policy.traffic import KserveTarget
from auto_retrain.domain.traffic import DesiredRoute, Effect, EffectState
from tests.contracts.ports.traffic_targets import MODEL, NAMESPACE, KserveService, asked_for, client_of, kserve


def desired(champion: str, challenger: str | None = None, weight: int = 0) -> DesiredRoute:
    beside = ModelVersion(number=challenger) if challenger else None
    return DesiredRoute(champion=ModelVersion(number=champion), challenger=beside, weight=weight)


@pytest.fixture(params=["Knative", "Standard"])
def service(request: pytest.FixtureRequest) -> Iterator[KserveService]:
    with kserve(request.param) as service:
        yield service


@pytest.fixture
def knative() -> Iterator[KserveService]:
    with kserve("Knative") as service:
        yield service


@pytest.fixture
def standard() -> Iterator[KserveService]:
    with kserve("Standard") as service:
        yield service


def write(service: KserveService, wish: DesiredRoute) -> Effect:
    service.traffic.write(MODEL, service.target, wish, service.traffic.read(MODEL, service.target))
    service.settle()
    return service.traffic.verify(MODEL, service.target, wish)


def test_a_canary_that_cannot_load_gets_no_requests_and_says_why(knative: KserveService) -> None:
    knative.cluster.kserve.broken.add("s3://models/churn/18")
    effect = write(knative, desired("17", "18", 10))

    assert effect.state is EffectState.FAILED
    assert "cannot load 's3://models/churn/18': ModelLoadFailed" in effect.reason
    assert effect.route is not None
    assert effect.route.weights == {"17": 100}


def test_a_canary_that_is_not_ready_is_waited_for(standard: KserveService) -> None:
    standard.cluster.kserve.broken.add("s3://models/churn/18")
    effect = write(standard, desired("17", "18", 10))

    assert (effect.state, "v18" in effect.reason) == (EffectState.PENDING, True)


def test_a_kserve_that_makes_canaries_without_routing_to_them_is_refused_by_name(standard: KserveService) -> None:
    standard.cluster.kserve.route_canaries = False
    effect = write(standard, desired("17", "18", 10))

    assert effect.state is EffectState.FAILED
    assert "does not route to it" in effect.reason


def test_a_bad_version_stays_away_whatever_somebody_changes_after_it_was_taken_back(knative: KserveService) -> None:
    write(knative, desired("17", "18", 10))
    assert write(knative, desired("17")).state is EffectState.IN_FORCE
    knative.patch({"spec": {"predictor": {"canaryTrafficPercent": None, "minReplicas": 2}}})

    assert knative.body()["spec"]["predictor"]["model"]["storageUri"] == "s3://models/churn/17"


def test_requests_leave_a_bad_version_before_the_old_one_has_loaded_again(knative: KserveService) -> None:
    write(knative, desired("17", "18", 50))
    # Its file is gone, so no new revision of the old version can start; the one that runs is enough.
    knative.cluster.kserve.broken.add("s3://models/churn/17")

    assert write(knative, desired("17")).state is EffectState.IN_FORCE


def test_the_way_back_does_not_need_mlflow(service: KserveService) -> None:
    for wish in (desired("17", "18", 10), desired("17", "18", 50), desired("18")):
        assert write(service, wish).state is EffectState.IN_FORCE

    def away(*_: str) -> str:
        raise RegistryUnavailable("MLflow is away")

    service.registry.storage_uri = service.registry.champion = away  # type: ignore[method-assign]
    assert write(service, desired("17")).state is EffectState.IN_FORCE


def test_a_rollout_can_follow_one_that_was_taken_back(service: KserveService) -> None:
    for wish in (
        desired("17", "18", 10),
        desired("17"),
        desired("17", "19", 10),
        desired("17", "19", 50),
        desired("19"),
    ):
        assert write(service, wish).state is EffectState.IN_FORCE, wish


@pytest.mark.parametrize(
    ("kept_at", "root", "loaded_from"),
    [
        ("mlflow-artifacts:/1/models/m-7/artifacts", "s3://mlflow/store/", "s3://mlflow/store/1/models/m-7/artifacts"),
        ("s3://mlflow/1/models/m-7/artifacts", None, "s3://mlflow/1/models/m-7/artifacts"),
    ],
)
def test_a_version_is_loaded_from_where_mlflow_keeps_it(
    service: KserveService, kept_at: str, root: str | None, loaded_from: str
) -> None:
    service.registry.storage_uri = lambda model, version: kept_at  # type: ignore[method-assign]
    target = KserveTarget(adapter="kserve", namespace=NAMESPACE, service="churn", artifact_root=root)
    service.traffic.write(MODEL, target, desired("18"), None)

    assert service.body()["spec"]["predictor"]["model"]["storageUri"] == loaded_from


@pytest.mark.parametrize(
    ("kept_at", "problem"),
    [
        ("mlflow-artifacts:/1/models/m-7/artifacts", "artifact_root must name"),
        ("models:/m-7", "cannot read 'models:/m-7'"),
        ("/home/ada/mlruns", "it can read"),
    ],
)
def test_an_address_that_kserve_cannot_read_is_refused_before_anything_is_written(
    service: KserveService, kept_at: str, problem: str
) -> None:
    before = asked_for(service.body())
    service.registry.storage_uri = lambda model, version: kept_at  # type: ignore[method-assign]
    with pytest.raises(TrafficRefused, match=problem):
        service.traffic.write(MODEL, service.target, desired("18"), None)

    assert asked_for(service.body()) == before


def test_an_absent_service_and_an_unknown_mode_are_named(service: KserveService) -> None:
    absent = KserveTarget(adapter="kserve", namespace=NAMESPACE, service="absent")
    with pytest.raises(TrafficRefused, match="no InferenceService 'serving/absent'"):
        service.traffic.read(MODEL, absent)

    service.cluster.kserve.asleep = True
    service.ask("DELETE", "/churn")
    kind = {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService", "metadata": {"name": "churn"}}
    service.ask("POST", "", {**kind, "spec": {"predictor": service.predictor("17")}})
    with pytest.raises(TrafficRefused, match="mode 'unknown'"):
        service.traffic.read(MODEL, service.target)


def test_a_service_that_has_rolled_out_nothing_gets_no_canary(knative: KserveService) -> None:
    knative.cluster.kserve.broken.add("s3://models/churn/17")
    knative.ask("DELETE", "/churn")
    KserveService(knative.cluster, "Knative")
    with pytest.raises(TrafficRefused, match="KServe would ignore the share"):
        KserveTraffic(client_of(knative.cluster.url), knative.registry).write(
            MODEL, knative.target, desired("17", "18", 10), None
        )
