"""Every port in memory: for tests, for trying out a policy, and as the reference for the real adapters."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from ...domain.channels import CHANNELS, ChannelName
from ...domain.fleet import FleetLimits
from ...domain.policy.pod_rules import PodRules
from ..traffic.alias import AliasTraffic
from ..traffic.router import RouterTraffic
from ..traffic.targets import TrafficTargets
from .anchors import MemoryAnchorStore
from .audit import MemoryAuditLog
from .cluster import MemoryCluster
from .data import MemoryDataStore, MemoryTableReader
from .jobs import MemoryJobStore, MemoryModelStates, MemoryWaitingTriggers
from .ledger import MemoryLedger
from .live import MemoryLiveSource
from .outside import (
    MemoryAccount,
    MemoryChannel,
    MemoryClock,
    MemoryEventBus,
    MemoryExecutions,
    MemoryMetricSource,
    MemoryPrices,
    MemoryRegistry,
)
from .stores import (
    MemoryDecisionLog,
    MemoryNotificationLog,
    MemoryOutbox,
    MemoryPolicyStore,
    MemoryRouting,
    MemorySweepLog,
)
from .traces import MemoryTraces
from .traffic import MemoryTraffic

if TYPE_CHECKING:
    from ..data.samples import ArrowSamples

_WITH_WEIGHTS = ("http_route", "kserve", "sagemaker")


def _all_channels() -> dict[ChannelName, MemoryChannel]:
    return {name: MemoryChannel() for name in CHANNELS}


@dataclass
class MemoryPorts:
    """All ports, without any outside system; `weights` stands for every traffic target outside."""

    stage: str = "test"
    pages_url: str | None = None
    is_simulated: bool = False
    clock: MemoryClock = field(default_factory=MemoryClock)
    limits: FleetLimits = field(default_factory=FleetLimits)
    prices: MemoryPrices = field(default_factory=MemoryPrices)
    pod_rules: PodRules = field(default_factory=PodRules)
    account: MemoryAccount = field(default_factory=MemoryAccount)
    audit: MemoryAuditLog = field(default_factory=MemoryAuditLog)
    sweeps: MemorySweepLog = field(default_factory=MemorySweepLog)
    anchors: MemoryAnchorStore = field(default_factory=MemoryAnchorStore)
    metrics: MemoryMetricSource = field(default_factory=MemoryMetricSource)
    live: MemoryLiveSource = field(default_factory=MemoryLiveSource)
    data: MemoryDataStore = field(default_factory=MemoryDataStore)
    tables: MemoryTableReader = field(default_factory=MemoryTableReader)
    registry: MemoryRegistry = field(default_factory=MemoryRegistry)
    cluster: MemoryCluster = field(default_factory=MemoryCluster)
    executions: MemoryExecutions = field(default_factory=MemoryExecutions)
    traces: MemoryTraces = field(default_factory=MemoryTraces)
    events: MemoryEventBus = field(default_factory=MemoryEventBus)
    outbox: MemoryOutbox = field(default_factory=MemoryOutbox)
    channels: dict[ChannelName, MemoryChannel] = field(default_factory=_all_channels)
    weights: MemoryTraffic = field(default_factory=MemoryTraffic)

    def __post_init__(self) -> None:
        self.states, self.decisions = MemoryModelStates(self.audit), MemoryDecisionLog(self.audit)
        self.waiting = MemoryWaitingTriggers(self.clock)
        self.jobs = MemoryJobStore(self.clock, self.states, self.decisions)
        self.ledger = MemoryLedger(self.clock, self.jobs, self.states)
        self.cluster.rules = self.pod_rules
        outside = dict.fromkeys(_WITH_WEIGHTS, lambda: self.weights)
        self.traffic = TrafficTargets({"alias": AliasTraffic, "router": RouterTraffic, **outside})
        self.policies = MemoryPolicyStore(self.states)
        self.routing = MemoryRouting(self.policies)
        self.notifications = MemoryNotificationLog(self.clock)

    @cached_property
    def samples(self) -> "ArrowSamples":
        """What reads a file needs no outside system; it is imported late, because not everybody has Arrow."""
        from ..data.samples import ArrowSamples

        return ArrowSamples()
