"""A back-test that trains: what it is asked, as one document for its pod, and what it finds."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from pydantic import Field, JsonValue

from .back_test import BackTest
from .base import Parameters, Record, UtcTime
from .cost import RecentCost
from .digest import canonical_json, sha256_of
from .ending import Ending
from .errors import PolicyInvalid
from .layouts import Layout
from .manifest import DataObject
from .metric_kinds import METRICS, ROW_METRIC
from .names import ModelName
from .policy.metric import PredictionLogMetric
from .policy.policy import Policy
from .prices import PriceList
from .results import ContainerResult
from .trigger_type import TriggerType
from .windows import Window

# Evidence of a day may be a sentence for each feature.
MAX_RESULT_BYTES = 64 << 20


class NamedPolicy(Record):
    """A policy, and what the person who tries it calls it."""

    name: str
    policy: Policy


class AskedRetraining(Record):
    """A retraining that a person asked for and got."""

    at: UtcTime
    actor: str
    reason: str
    parameters: Parameters = Field(default_factory=dict)
    variants: tuple[dict[str, JsonValue], ...] = ()
    review: bool = False


class Listing(Record):
    """The objects of a data set as they are now, for pods may not list any; those of one table have any date."""

    prefix: str
    layout: Layout = Layout.DATE
    objects: tuple[DataObject, ...]


class BackTestRequest(Record):
    """What to walk through: the days, the policies, the data, and what else the past knows.

    With `trains_first` the first version is trained on the first day, and otherwise when the first person asked or the
    first trigger fired. `as_of` is until when labels are known. `costs` are those of the last retrainings before.
    `metric` stands for that of the policies, if its name says nothing.
    """

    schema_version: Literal[1] = 1
    model_name: ModelName
    days: Window
    as_of: UtcTime
    policies: tuple[NamedPolicy, ...] = Field(min_length=1, max_length=2)
    listings: tuple[Listing, ...]
    asked: tuple[AskedRetraining, ...] = ()
    trains_first: bool = False
    costs: tuple[RecentCost, ...] = ()
    prices: PriceList
    metric: str | None = None
    image: str = Field(description="that of the pod: another one may train differently")


class BackTestManifest(BackTestRequest):
    """A request with the id that was made from it, as the pod reads it."""

    job_id: str


def id_of(request: BackTestRequest) -> str:
    """The name of a request, which is also that of its Kubernetes Job: the same request has the same."""
    return f"{request.model_name}-backtest-{sha256_of(canonical_json(request))[:10]}"


class ServedDay(Record):
    """What the version that served at noon answered on a day: the metric, over so many labelled rows.

    Of rows that are alike fewer count; where the policy's metric counts none, a day is one. `problem` says why nothing
    is known of a day that has data.
    """

    day: date
    version: str
    value: float | None
    rows: int
    problem: str | None = None


class TriedRetraining(Record):
    """A retraining that was carried out in a back-test: when, for which trigger, what came of it, and why."""

    at: UtcTime
    trigger_type: TriggerType
    ending: Ending
    version: str | None
    reason: str


class TriedChampion(Record):
    """A version that began to serve in a back-test, and why."""

    version: str
    since: UtcTime
    change: Literal["promoted", "rolled_back"]
    reason: str


class TrainedBackTest(Record):
    """A back-test whose retrainings were carried out; `metric` is by which the days are measured."""

    name: str
    metric: str
    test: BackTest
    retrainings: tuple[TriedRetraining, ...] = ()
    champions: tuple[TriedChampion, ...] = ()
    days: tuple[ServedDay, ...] = ()

    @property
    def promoted(self) -> int:
        """How many retrainings ended with a promotion, including those that were taken back later."""
        return sum(each.change == "promoted" for each in self.champions)

    @property
    def taken_back(self) -> int:
        return sum(each.change == "rolled_back" for each in self.champions)

    def days_of(self, champion: TriedChampion) -> list[ServedDay]:
        """The days at whose noon a version served since it began to, until the next one did."""
        later = [each.since for each in self.champions if each.since > champion.since]
        until = min(later, default=datetime.max.replace(tzinfo=UTC))
        return [each for each in self.days if champion.since <= datetime.combine(each.day, time(12), UTC) < until]

    def value_of(self, days: list[ServedDay]) -> float | None:
        """The mean of the metric over some days, by their rows."""
        known = [each for each in days if each.value is not None and each.rows]
        rows = sum(each.rows for each in known)
        return sum((each.value or 0.0) * each.rows for each in known) / rows if rows else None


class BackTestResult(ContainerResult):
    """What the pod of a back-test leaves."""

    kind: Literal["back_test"]
    tests: tuple[TrainedBackTest, ...]


def metric_in(policy: Policy, given: str | None = None) -> str | None:
    """The metric of labelled rows that a policy's metric is, or that was `given` for it; None if nothing judges it.

    Raises PolicyInvalid naming the field if it cannot be worked out from labelled rows.
    """
    metric = policy.metric
    if isinstance(metric, PredictionLogMetric):
        return metric.name
    if given is not None:
        _check_task(policy, given, f"--metric {given}")
        return given
    name = "accuracy" if metric.counts_rows else metric.name
    kind = METRICS.get(name)
    if kind and name != ROW_METRIC and kind.task in (None, policy.data.task):
        return name
    if not policy.triggers.enables(TriggerType.PERFORMANCE_DEGRADATION):
        return None
    field = "gauge" if metric.source == "prometheus" else "name"
    raise PolicyInvalid(
        f"metric.{field} = '{name}': cannot be worked out from the labelled rows of a {policy.data.task}; say by "
        f"--metric which of {', '.join(_names_for(policy))} stands for it, or test without --train"
    )


def _check_task(policy: Policy, name: str, given: str) -> None:
    if name not in _names_for(policy):
        allowed = ", ".join(_names_for(policy))
        raise PolicyInvalid(f"{given}: is no metric of a {policy.data.task}; allowed are {allowed}")


def _names_for(policy: Policy) -> list[str]:
    has_own = policy.validation.row_metric is not None
    names = [name for name, kind in METRICS.items() if kind.task == policy.data.task]
    return [*names, *([ROW_METRIC] if has_own else [])]


def days_read(policy: Policy, days: Window, as_of: datetime) -> Window:
    """The days whose data a walk through some days may read, before and after them."""
    triggers, delay = policy.triggers, policy.data.label_delay_days
    before = triggers.evaluation_window_days + triggers.training_window_days + delay + 1
    # The season of a drift check is a year earlier.
    before += 400 if policy.drift.seasonal else 0
    after = triggers.evaluation_window_days + 1
    end = min(days.end + timedelta(days=after), as_of.date())
    return Window(start=days.start - timedelta(days=before), end=max(end, days.end))
