"""TrafficRouter by the registry's alias, on the registry in memory and on a real MLflow server."""

import pytest

from auto_retrain.adapters.traffic.alias import AliasTraffic
from auto_retrain.domain.errors import ChampionConflict
from auto_retrain.ports import ModelRegistry, TrafficRouter
from tests.contracts.ports.registries import Register


def test_traffic_by_alias_moves_from_the_compared_champion_to_the_challenger_once(
    registry_and_register: tuple[ModelRegistry, Register], model: str
) -> None:
    registry, register = registry_and_register
    register(model, "job-1")
    register(model, "job-2")
    traffic: TrafficRouter = AliasTraffic(registry)
    traffic.promote(model, "1", None)
    for _ in range(2):
        traffic.promote(model, "2", "1")
        assert registry.champion(model) == "2"


def test_traffic_by_alias_stays_where_somebody_else_moved_it(
    registry_and_register: tuple[ModelRegistry, Register], model: str
) -> None:
    registry, register = registry_and_register
    for job in ("job-1", "job-2", "job-3"):
        register(model, job)
    registry.set_champion(model, "3")
    with pytest.raises(ChampionConflict, match="was version 1 when it was compared and is version 3 now"):
        AliasTraffic(registry).promote(model, "2", "1")
    assert registry.champion(model) == "3"
