"""Traffic by the alias `champion` of the registry, which serving follows on its own."""

from ...domain.errors import ChampionConflict
from ...ports import ModelRegistry


class AliasTraffic:
    """TrafficRouter that moves the alias."""

    def __init__(self, registry: ModelRegistry) -> None:
        self._registry = registry

    def promote(self, model_name: str, version: str, instead_of: str | None) -> None:
        # MLflow has no compare-and-set: a change by a person between this read and the write could be lost.
        serving = self._registry.champion(model_name)
        if serving == version:
            return
        if serving != instead_of:
            raise ChampionConflict(
                f"the champion of '{model_name}' was version {instead_of} when it was compared and is version "
                f"{serving} now; someone changed it, so it stays"
            )
        self._registry.set_champion(model_name, version)
        serving = self._registry.champion(model_name)
        if serving != version:
            raise ChampionConflict(f"the champion of '{model_name}' became {serving} while version {version} was set")
