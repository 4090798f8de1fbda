"""Where things are: the environment variables of a deployment, read in one place."""

from collections.abc import Mapping
from math import inf
from typing import TYPE_CHECKING, Literal

from .domain.base import Record
from .domain.errors import SettingInvalid, SettingMissing
from .domain.fleet import FleetLimits
from .domain.names import is_of_kubernetes

# Only for the type checker: most functions start no pods.
if TYPE_CHECKING:
    from .domain.policy.pod_rules import PodRules

_LIMITS = ("fleet_concurrent_jobs", "fleet_monthly_retrainings")


class Settings(Record):
    """The settings of a deployment; each function gets only those that it needs, so any may be absent."""

    stage: str | None = None
    table_name: str | None = None
    artifacts_bucket: str | None = None
    data_bucket: str | None = None
    anchor_bucket: str | None = None
    mlflow_tracking_uri: str | None = None
    mlflow_secret_arn: str | None = None
    cluster_name: str | None = None
    cluster_endpoint: str | None = None
    cluster_ca: str | None = None
    kubeconfig: str | None = None
    kube_context: str | None = None
    job_namespace: str | None = None
    job_service_account: str | None = None
    scoring_service_account: str | None = None
    trainer_image: str | None = None
    parallel_jobs: str | None = None
    pod_template_allows: str = ""
    state_machine_arn: str | None = None
    slack_secret_arn: str | None = None
    slack_channel: str | None = None
    slack_origins: str = "https://hooks.slack.com,https://slack.com"
    notification_topic_arn: str | None = None
    pagerduty_secret_arn: str | None = None
    pagerduty_url: str = "https://events.pagerduty.com/v2/enqueue"
    pages_url: str | None = None
    prometheus_url: str | None = None
    prometheus_authentication: Literal["none", "sigv4"] = "none"
    prices_object: str | None = None
    fleet_concurrent_jobs: str | None = None
    fleet_monthly_retrainings: str | None = None
    fleet_budget_month_usd: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the variables named after the fields, in upper case; an empty one counts as absent."""
        given = {name: environment.get(name.upper(), "") for name in cls.model_fields}
        return cls(**{name: value for name, value in given.items() if value})

    def fleet_limits(self) -> FleetLimits:
        """The limits of the fleet; raises SettingInvalid naming a variable that is not a number as it has to be."""
        given = {name.removeprefix("fleet_"): _positive(name, getattr(self, name)) for name in _LIMITS}
        budget = _dollars("fleet_budget_month_usd", self.fleet_budget_month_usd)
        return FleetLimits(budget_month_usd=budget, **{name: value for name, value in given.items() if value})

    def jobs_in_parallel(self) -> int | None:
        """How many Kubernetes Jobs may run at once in each namespace, None for no limit; raises SettingInvalid."""
        return _positive("parallel_jobs", self.parallel_jobs)

    def job_namespaces(self) -> tuple[str, ...]:
        """Kubernetes namespaces that Jobs may run in, the default first.

        Raises SettingMissing if there is none, and SettingInvalid if one belongs to Kubernetes itself.
        """
        text = self.require("job_namespace")
        names = tuple(name.strip() for name in text.split(","))
        if any(map(is_of_kubernetes, names)):
            raise SettingInvalid("JOB_NAMESPACE", text, "namespaces that do not belong to Kubernetes itself (kube-*)")
        return names

    def pod_rules(self) -> "PodRules":
        """What pod templates may name; raises SettingInvalid for an entry of an unknown kind."""
        from .domain.policy.pod_rules import PodRules, kinds

        try:
            return PodRules().extended(self.pod_template_allows)
        except ValueError as error:
            allowed = f"a list such as label=example.com/*,secret=hub of the kinds {', '.join(kinds())}"
            raise SettingInvalid("POD_TEMPLATE_ALLOWS", self.pod_template_allows, allowed) from error

    def require(self, name: str) -> str:
        """The value of a setting; raises SettingMissing naming the variable to set."""
        value: str | None = getattr(self, name)
        if value is None:
            raise SettingMissing(name.upper())
        return value


def _positive(name: str, value: str | None) -> int | None:
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal() and int(value) > 0):
        raise SettingInvalid(name.upper(), value, "a whole number above 0")
    return int(value)


def _dollars(name: str, value: str | None) -> float | None:
    """An amount of money, of which 0 means that there is no limit."""
    try:
        amount = float(value or 0)
    except ValueError:
        amount = -1.0
    if not 0 <= amount < inf:
        raise SettingInvalid(name.upper(), value or "", "a number of US dollars, 0 or above")
    return amount or None
