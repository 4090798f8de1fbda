"""A canary behind a real model server: HTTP requests, versions from MLflow, the router, the log, and its judgement."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count

import requests

from auto_retrain.adapters.data.prediction_files import S3PredictionFiles
from auto_retrain.domain.ending import Ending
from auto_retrain.serving import PredictionLog, Router
from local.serving.server import Fault, ModelServer
from local.serving.tiny import tiny_models
from tests.workflow.rollouts import A_BAKE, Canary
from tests.workflow.world import World

CUSTOMERS = 4


class Served:
    """A canary of half of the requests, and customers who ask the server about it."""

    def __init__(self, canary: Canary, server: ModelServer) -> None:
        self.canary, self._server = canary, server
        self._numbers = count()

    def ask(self, requests_: int) -> list[str]:
        """The version that answered each of so many requests; the log is stored afterwards."""
        self._server.router.refresh()
        with ThreadPoolExecutor(CUSTOMERS) as customers:
            versions = [
                each for some in customers.map(self._ask, [requests_ // CUSTOMERS] * CUSTOMERS) for each in some
            ]
        self._server.log.flush()
        return versions

    def _ask(self, times: int) -> list[str]:
        url = f"{self._server.url}/v1/models/{self.canary.model}:predict"
        with requests.Session() as session:
            return [self._version(session, url, f"customer-{next(self._numbers)}") for _ in range(times)]

    def _version(self, session: requests.Session, url: str, key: str) -> str:
        instance = {"id": key, "label": 1}
        answer = session.post(url, json={"instances": [instance]}, headers={"X-Key": key}, timeout=30)
        assert answer.status_code == 200
        return str(answer.json()["version"])


@contextmanager
def served(world: World, **faults: Fault) -> Iterator[Served]:
    canary = Canary(world, weights=[50], min_requests=500)
    canary.wait_for_weight(50)
    stack = world.stack
    log = PredictionLog(canary.model, lambda: S3PredictionFiles(stack.client("s3"), stack.data_bucket))
    router = Router(canary.model, lambda: world.ledger)
    load = tiny_models(stack.mlflow_url, canary.model)
    with ModelServer(canary.model, router, log, load, {name[1:]: fault for name, fault in faults.items()}) as server:
        yield Served(canary, server)


def test_a_good_version_gets_half_of_the_requests_and_then_all(world: World) -> None:
    with served(world) as model:
        model.canary.let_pass(A_BAKE)
        versions = model.ask(2_400)
        assert 0.45 < versions.count("2") / len(versions) < 0.55
        assert model.canary.wait_for_the_end().status == "SUCCEEDED"
        assert set(model.ask(40)) == {"2"}
        assert world.registry.champion(model.canary.model) == "2"


def test_a_version_that_fails_is_taken_back_while_the_champion_answers_in_its_place(world: World) -> None:
    with served(world, v2=Fault(error_share=0.2)) as model:
        model.ask(400)
        model.canary.wait_for_a_look(100)
        model.ask(800)
        ended = model.canary.wait_for_the_end()
        assert ended.job is not None
        assert ended.job.ending is Ending.ROLLED_BACK
        assert set(model.ask(40)) == {"1"}
        assert world.registry.champion(model.canary.model) == "1"
