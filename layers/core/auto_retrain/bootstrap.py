"""Builds the adapters from the settings; the only place that knows which adapter serves which port.

Each adapter is imported and built when it is first used, so that a function pays only for what it needs.
"""

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .adapters.clock import SystemClock
from .adapters.metering import Meter
from .settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from .adapters.aws import AwsPlace
    from .adapters.channels.secret import Secret
    from .adapters.dynamodb.table import Table
    from .adapters.memory import MemoryPorts
    from .adapters.memory.simulation import Simulation
    from .adapters.metrics.prometheus_api import Sign
    from .domain.channels import ChannelName
    from .domain.fleet import FleetLimits
    from .domain.policy.pod_rules import PodRules
    from .ports import (
        Account,
        AnchorStore,
        AuditLog,
        Channel,
        Cluster,
        DataStore,
        DecisionLog,
        DeploymentLedger,
        EventBus,
        Executions,
        JobStore,
        LiveSource,
        MetricSource,
        ModelRegistry,
        ModelStates,
        NotificationLog,
        Outbox,
        PolicyStore,
        Ports,
        PredictionFiles,
        PriceSource,
        RoutingStore,
        SampleReader,
        SweepLog,
        TableReader,
        Traces,
        TrafficRouter,
        WaitingTriggers,
    )

# A process carries out one invocation at a time.
METER = Meter()


class DeployedPorts:
    """Ports of a deployment: DynamoDB, S3, CloudWatch, Step Functions, EventBridge, MLflow, Kubernetes, channels."""

    is_simulated = False

    def __init__(self, settings: Settings, audited: bool = True, aws: "AwsPlace | None" = None) -> None:
        """With `audited`, whatever is read of a model brings the head of its audit chain, for what is written next.

        Without `aws`, the environment says which account and region are used.
        """
        self._settings, self._audited = settings, audited
        self._aws = aws

    @cached_property
    def _place(self) -> "AwsPlace":
        from .adapters.aws import HERE

        return self._aws or HERE

    def _client(self, service: str, **limits: int) -> Any:
        from .adapters.aws import aws_client

        return aws_client(service, self._place, **limits)

    @property
    def stage(self) -> str:
        return self._settings.require("stage")

    @property
    def pages_url(self) -> str | None:
        return self._settings.pages_url

    @cached_property
    def clock(self) -> SystemClock:
        return SystemClock()

    @cached_property
    def account(self) -> "Account":
        from .adapters.account import AwsAccount

        def client(service: str) -> Any:
            # IAM simulates few requests a second, and the doctor has many.
            return self._client(service, attempts=6 if service == "iam" else 2)

        return AwsAccount(client, self.clock, self._settings.model_dump(exclude_none=True))

    @cached_property
    def _table(self) -> "Table":
        from .adapters.dynamodb.table import Table

        return Table(self._client("dynamodb"), self._settings.require("table_name"), self._audited)

    @cached_property
    def audit(self) -> "AuditLog":
        from .adapters.dynamodb.audit_log import DynamoAuditLog

        return DynamoAuditLog(self._table)

    @cached_property
    def policies(self) -> "PolicyStore":
        from .adapters.dynamodb.policies import DynamoPolicyStore

        return DynamoPolicyStore(self._table)

    @cached_property
    def jobs(self) -> "JobStore":
        from .adapters.dynamodb.jobs import DynamoJobStore

        return DynamoJobStore(self._table, self.clock, METER)

    @cached_property
    def states(self) -> "ModelStates":
        from .adapters.dynamodb.states import DynamoModelStates

        return DynamoModelStates(self._table)

    @cached_property
    def waiting(self) -> "WaitingTriggers":
        from .adapters.dynamodb.waiting import DynamoWaitingTriggers

        return DynamoWaitingTriggers(self._table, self.clock)

    @cached_property
    def decisions(self) -> "DecisionLog":
        from .adapters.dynamodb.decisions import DynamoDecisionLog

        return DynamoDecisionLog(self._table)

    @cached_property
    def sweeps(self) -> "SweepLog":
        from .adapters.dynamodb.sweeps import DynamoSweepLog

        return DynamoSweepLog(self._table)

    @cached_property
    def limits(self) -> "FleetLimits":
        return self._settings.fleet_limits()

    @cached_property
    def pod_rules(self) -> "PodRules":
        return self._settings.pod_rules()

    @cached_property
    def prices(self) -> "PriceSource":
        from .adapters.price_list import StoredPrices

        return StoredPrices(self._settings.prices_object, lambda: self.data)

    @cached_property
    def ledger(self) -> "DeploymentLedger":
        from .adapters.dynamodb.deployment_ledger import DynamoLedger

        return DynamoLedger(self._table, self.clock, METER)

    @cached_property
    def anchors(self) -> "AnchorStore":
        from .adapters.anchors import S3AnchorStore

        return S3AnchorStore(self._client("s3"), self._settings.require("anchor_bucket"))

    @cached_property
    def notifications(self) -> "NotificationLog":
        from .adapters.dynamodb.notifications import DynamoNotificationLog

        return DynamoNotificationLog(self._table, self.clock)

    @cached_property
    def traces(self) -> "Traces":
        from .adapters.xray import XRayTraces

        return XRayTraces(os.environ)

    @cached_property
    def metrics(self) -> "MetricSource":
        from .adapters.metrics.sources import MetricSources

        return MetricSources(
            {
                "cloudwatch": lambda: self._cloudwatch,
                "prometheus": self._prometheus,
                "prediction_log": self._labelled_log,
                "logged_scores": self._logged_scores,
            }
        )

    def _labelled_log(self) -> "MetricSource":
        from .adapters.metrics.prediction_log import PredictionLogMetricSource

        return PredictionLogMetricSource(self.data, self.clock)

    def _logged_scores(self) -> "MetricSource":
        from .adapters.metrics.logged_scores import ESTIMATING_TIME, LoggedScoreSource
        from .adapters.metrics.prediction_log import PredictionLogMetricSource

        labelled = PredictionLogMetricSource(self.data, self.clock, ESTIMATING_TIME)
        return LoggedScoreSource(self.data, self.clock, labelled)

    @cached_property
    def _cloudwatch(self) -> "MetricSource":
        from .adapters.metrics.cloudwatch import CloudWatchMetricSource

        return CloudWatchMetricSource(self._client("cloudwatch"))

    def _prometheus(self) -> "MetricSource | None":
        if self._settings.prometheus_url is None:
            return None
        from .adapters.metrics.prometheus import PrometheusMetricSource

        return PrometheusMetricSource(self._settings.prometheus_url, self._prometheus_signature())

    def _prometheus_signature(self) -> "Sign | None":
        if self._settings.prometheus_authentication == "none":
            return None
        from functools import partial

        from .adapters.aws import aws_session
        from .adapters.metrics.sigv4 import sign_request

        return partial(sign_request, aws_session(self._place))

    @cached_property
    def live(self) -> "LiveSource":
        from .adapters.live.sources import LiveSources

        return LiveSources(
            {"prediction_log": self._logged, "cloudwatch": self._live_cloudwatch, "prometheus": self._live_prometheus}
        )

    def _logged(self) -> "LiveSource":
        from .adapters.live.prediction_log import PredictionLogSource

        return PredictionLogSource(self.data)

    def _live_cloudwatch(self) -> "LiveSource":
        from .adapters.live.cloudwatch import CloudWatchLiveSource

        return CloudWatchLiveSource(self._client("cloudwatch"))

    def _live_prometheus(self) -> "LiveSource":
        from .adapters.live.prometheus import PrometheusLiveSource

        return PrometheusLiveSource(self._settings.require("prometheus_url"), self._prometheus_signature())

    @cached_property
    def data(self) -> "DataStore":
        from .adapters.data.s3 import S3DataStore

        artifacts = self._settings.require("artifacts_bucket")
        return S3DataStore(self._client("s3"), self._settings.data_bucket, artifacts)

    @cached_property
    def prediction_files(self) -> "PredictionFiles":
        from .adapters.data.prediction_files import S3PredictionFiles

        bucket = self._settings.require("data_bucket")
        return S3PredictionFiles(self._client("s3"), bucket)

    @cached_property
    def tables(self) -> "TableReader":
        from .adapters.data.arrow_tables import ArrowTableReader

        return ArrowTableReader(self.data)

    @cached_property
    def samples(self) -> "SampleReader":
        from .adapters.data.samples import ArrowSamples

        return ArrowSamples()

    @cached_property
    def registry(self) -> "ModelRegistry":
        from .adapters.mlflow import MlflowRegistry

        tracking_uri, secret_arn = self._settings.require("mlflow_tracking_uri"), self._settings.mlflow_secret_arn
        if secret_arn is None:
            return MlflowRegistry(tracking_uri)
        from .adapters.mlflow.credentials import SecretCredentials

        return MlflowRegistry(tracking_uri, SecretCredentials(self._client("secretsmanager"), secret_arn))

    @cached_property
    def traffic(self) -> "TrafficRouter":
        from .adapters.traffic.targets import TrafficTargets

        return TrafficTargets(
            {
                "alias": self._alias_traffic,
                "router": self._router_traffic,
                "http_route": self._http_routes,
                "kserve": self._kserve_traffic,
                "sagemaker": self._sagemaker_traffic,
            }
        )

    def _alias_traffic(self) -> "TrafficRouter":
        from .adapters.traffic.alias import AliasTraffic

        return AliasTraffic()

    def _router_traffic(self) -> "TrafficRouter":
        from .adapters.traffic.router import RouterTraffic

        return RouterTraffic()

    def _http_routes(self) -> "TrafficRouter":
        from .adapters.kubernetes.access.connect import clients_by_namespace
        from .adapters.traffic.http_route import HttpRouteTraffic

        return HttpRouteTraffic(clients_by_namespace(self._settings, self._place))

    def _kserve_traffic(self) -> "TrafficRouter":
        from .adapters.kubernetes.access.connect import clients_by_namespace
        from .adapters.traffic.kserve import KserveTraffic

        return KserveTraffic(clients_by_namespace(self._settings, self._place), self.registry)

    def _sagemaker_traffic(self) -> "TrafficRouter":
        from .adapters.traffic.sagemaker import SagemakerTraffic

        return SagemakerTraffic(self._client("sagemaker"))

    @cached_property
    def cluster(self) -> "Cluster":
        from .adapters.kubernetes import kubernetes_cluster

        return kubernetes_cluster(self._settings, self._place)

    @cached_property
    def executions(self) -> "Executions":
        from .adapters.step_functions import StepFunctionsExecutions

        return StepFunctionsExecutions(self._client("stepfunctions"), self._settings.state_machine_arn)

    @cached_property
    def events(self) -> "EventBus":
        from .adapters.eventbridge import EventBridgeBus

        # No outcome waits for the bus, so it gets little time.
        return EventBridgeBus(self._client("events", attempts=2, read_seconds=3), self._settings.require("stage"))

    @cached_property
    def channels(self) -> "Mapping[ChannelName, Channel]":
        from .adapters.channels.channels import SetUpChannels

        return SetUpChannels(
            {
                "slack": self._slack if self._settings.slack_secret_arn else None,
                "sns": self._sns if self._settings.notification_topic_arn else None,
                "pagerduty": self._pagerduty if self._settings.pagerduty_secret_arn else None,
            }
        )

    def _slack(self) -> "Channel":
        from .adapters.channels.slack import SlackWebhook

        secret = self._secret(self._settings.require("slack_secret_arn"))
        origins = frozenset(self._settings.slack_origins.split(","))
        if self._settings.slack_channel is None:
            return SlackWebhook(secret, origins, self.stage)
        from .adapters.channels.slack_bot import SlackBot
        from .adapters.dynamodb.threads import DynamoThreads

        threads = DynamoThreads(self._table, self.clock)
        return SlackBot(secret, self._settings.slack_channel, threads, origins, self.stage)

    def _sns(self) -> "Channel":
        from .adapters.channels.sns import SnsTopic

        return SnsTopic(self._client("sns"), self._settings.require("notification_topic_arn"), self.stage)

    def _pagerduty(self) -> "Channel":
        from .adapters.channels.pagerduty import Pagerduty
        from .adapters.dynamodb.incident_parts import DynamoParts

        secret = self._secret(self._settings.require("pagerduty_secret_arn"))
        return Pagerduty(secret, self._settings.pagerduty_url, DynamoParts(self._table, self.clock), self.stage)

    def _secret(self, arn: str) -> "Secret":
        from .adapters.channels.secret import Secret

        return Secret(self._client("secretsmanager"), arn)

    @cached_property
    def routing(self) -> "RoutingStore":
        from .adapters.dynamodb.routing import DynamoRouting

        return DynamoRouting(self._table)

    @cached_property
    def outbox(self) -> "Outbox":
        from .adapters.dynamodb.outbox import DynamoOutbox

        return DynamoOutbox(self._table)


def deployed_ports() -> DeployedPorts:
    """Ports of the deployment that this process's environment describes."""
    return DeployedPorts(Settings.from_environment(os.environ))


def serving_ports(*, table_name: str | None = None, data_bucket: str | None = None) -> DeployedPorts:
    """Ports of a process that serves; what is not given comes from its environment."""
    given = {"table_name": table_name, "data_bucket": data_bucket}
    settings = Settings.from_environment(os.environ)
    return DeployedPorts(settings.changed(**{name: value for name, value in given.items() if value}), audited=False)


def ports_of(given: "Mapping[str, str]", region: str | None = None) -> DeployedPorts:
    """Ports of a deployment whose settings are `given` or else in the environment of this process."""
    from .adapters.aws import AwsPlace

    settings = Settings.from_environment(os.environ).changed(**given)
    return DeployedPorts(settings, aws=AwsPlace(region) if region else None)


def local_ports(variables: "Mapping[str, str]") -> DeployedPorts:
    """Ports of a stack on this machine, whose variables are given instead of those of this process."""
    from .adapters.aws import AwsPlace

    keys = variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"]
    place = AwsPlace(variables["AWS_REGION"], variables["AWS_ENDPOINT_URL"], keys)
    return DeployedPorts(Settings.from_environment(variables), aws=place)


def memory_ports(at: "datetime | None" = None) -> "MemoryPorts":
    """Ports without any outside system, whose clock goes on from a moment, which is now unless given."""
    from .adapters.memory import MemoryPorts
    from .adapters.memory.outside import RunningClock

    return MemoryPorts(stage="memory", clock=RunningClock(at))


def simulation_of(real: "Ports", at: "datetime") -> "Simulation":
    """A world in memory that begins at a moment and reads the metrics and the data of a real one."""
    from .adapters.memory.simulation import Simulation

    return Simulation(real, at)
