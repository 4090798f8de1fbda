"""Models that serve, with every port in memory."""

from datetime import datetime
from typing import Any

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.serving import ServingRecord
from auto_retrain.usecases.rolling_out.follow import follow
from tests.unit.builders import a_policy


class ServingWorld:
    """What all worlds of models in production share; at first there is no model."""

    def __init__(self) -> None:
        self.ports: Any = MemoryPorts()

    @property
    def now(self) -> datetime:
        now: datetime = self.ports.clock.now()
        return now

    def record(self, name: str = "churn") -> ServingRecord:
        record: ServingRecord = self.ports.ledger.serving(name)
        return record

    def serve(self, name: str, deployment: Any, *versions: str) -> None:
        """A model with these versions, of which the first is in production."""
        self.ports.policies.apply(a_policy(model=name, deployment=deployment), "ada", self.now)
        for version in versions:
            self.ports.registry.register(name, version)
        self.ports.registry.set_champion(name, versions[0])
        adopted = self.record(name).adopted(ModelVersion(number=versions[0]), "it served", self.now)
        self.follow(self.ports.ledger.write(adopted))

    def policy_of(self, name: str) -> Any:
        return self.ports.policies.get(name).policy

    def follow(self, record: ServingRecord) -> ServingRecord:
        return follow(record, self.policy_of(record.model_name).deployment.traffic, self.ports)
