"""A back-test that trains: what it is asked, as one document for its pod, and what it finds."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from pydantic import Field

from .asked_retraining import AskedRetraining
from .back_test import BackTest
from .base import Record, UtcTime
from .cost import RecentCost
from .digest import canonical_json, sha256_of
from .ending import Ending
from .layouts import Layout
from .manifest import DataObject
from .names import ModelName
from .notebook import as_table
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


class Listing(Record):
    """The objects of a data set as they are now, for pods may not list any; those of one table have any date."""

    prefix: str
    layout: Layout = Layout.DATE
    objects: tuple[DataObject, ...]


class AskedBackTest(Record):
    """What a person asks for: the days, the policies, and the metric that stands for theirs if a name says nothing."""

    model_name: ModelName
    days: Window
    policies: tuple[NamedPolicy, ...] = Field(min_length=1, max_length=2)
    metric: str | None = None
    image: str = Field(description="that of the pod: another one may train differently")


class BackTestRequest(AskedBackTest):
    """What is asked, with the data and what else the past knows, as they were when its pod was ordered.

    With `trains_first` the first version is trained on the first day, and otherwise when the first person asked or the
    first trigger fired. `as_of` is until when labels are known. `costs` are those of the last retrainings before.
    """

    schema_version: Literal[1] = 1
    as_of: UtcTime
    listings: tuple[Listing, ...]
    asked: tuple[AskedRetraining, ...] = ()
    trains_first: bool = False
    costs: tuple[RecentCost, ...] = ()
    prices: PriceList


class BackTestManifest(BackTestRequest):
    """A request with its id, as the pod reads it."""

    job_id: str


class BackTestRun(Record):
    """One run of what was asked: its number, its manifest, and where its pod leaves the result."""

    job_id: str
    number: int
    ordered_at: UtcTime
    manifest_uri: str
    manifest_sha256: str
    output: str

    @property
    def kubernetes_job(self) -> str:
        return f"{self.job_id}-{self.number}"


def id_of(asked: AskedBackTest) -> str:
    """Whoever asks for the same has the same id, whatever has become of the data, the labels and the prices."""
    alone = AskedBackTest(**{name: getattr(asked, name) for name in AskedBackTest.model_fields})
    return f"{asked.model_name}-backtest-{sha256_of(canonical_json(alone))[:10]}"


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
    """A back-test whose retrainings were carried out; `metric` is by which the days are measured.

    If no version ever served and the days begin too near the first data, `whole_from` is the first day whose windows
    have data of each day.
    """

    name: str
    metric: str
    test: BackTest
    retrainings: tuple[TriedRetraining, ...] = ()
    champions: tuple[TriedChampion, ...] = ()
    days: tuple[ServedDay, ...] = ()
    whole_from: date | None = None

    @property
    def unserved(self) -> str | None:
        """That no version ever served, and what would help; None if one did."""
        if self.champions:
            return None
        if self.whole_from:
            early = "the days begin too near the first data"
            return f"no version ever served: {early}; from {self.whole_from} on (--from), windows would be whole"
        return f"no version ever served{'' if self.retrainings else ': nothing was retrained'}"

    @property
    def promoted(self) -> int:
        """How many retrainings ended with a promotion, including those that were taken back later."""
        return sum(each.change == "promoted" for each in self.champions)

    @property
    def taken_back(self) -> int:
        return sum(each.change == "rolled_back" for each in self.champions)

    def days_of(self, champion: TriedChampion) -> list[date]:
        """The days at whose noon a version served since it began to, until the next one did."""
        later = [each.since for each in self.champions if each.since > champion.since]
        until = min(later, default=datetime.max.replace(tzinfo=UTC))
        days = self.test.days.days()
        return [day for day in days if champion.since <= datetime.combine(day, time(12), UTC) < until]

    def value_with(self, champion: TriedChampion) -> float | None:
        """The mean of the metric over the days of a version."""
        days = set(self.days_of(champion))
        return self.value_of([each for each in self.days if each.day in days])

    def value_of(self, days: list[ServedDay]) -> float | None:
        """The mean of the metric over some days, by their rows."""
        known = [each for each in days if each.value is not None and each.rows]
        rows = sum(each.rows for each in known)
        return sum((each.value or 0.0) * each.rows for each in known) / rows if rows else None

    @property
    def unpromoted(self) -> tuple[str, ...]:
        """For each ending but a promotion, how many retrainings ended so, and why the last of them did."""
        others = [each for each in self.retrainings if each.ending is not Ending.PROMOTED]
        last = {each.ending: each for each in others}
        endings = [each.ending for each in others]
        return tuple(
            f"{endings.count(ending)} {ending.value.replace('_', ' ')}, the last on {each.at:%F}: {each.reason}"
            for ending, each in last.items()
        )

    @property
    def unmeasured(self) -> str | None:
        """Why nothing is known of any day, if the policy judges no metric."""
        if self.days or not self.champions or self.test.limit is not None:
            return None
        judges_none = "triggers.enabled has no performance_degradation"
        return f"how well they did is not known: {judges_none}, and labelled rows do not say what the metric was"

    @property
    def unknown_days(self) -> str | None:
        """How many days nothing is known of that have data, and why not, of one of them; None if there are none."""
        unknown = [each for each in self.days if each.problem]
        if not unknown:
            return None
        days = "1 day is" if len(unknown) == 1 else f"{len(unknown)} days are"
        return f"{days} not known, such as {unknown[0].day}: {unknown[0].problem}"

    def _repr_html_(self) -> str:
        served = [
            (each.version, f"{each.since:%F %R}Z", each.change, len(self.days_of(each)), self.value_with(each))
            for each in self.champions
        ]
        ended = [(f"{each.at:%F %R}Z", each.trigger_type, each.ending, each.reason) for each in self.retrainings]
        return (
            self.test._repr_html_()
            + as_table("With its trainings", trained_summary([self]))
            + as_table("Versions that served", [("version", "since", "by", "days", self.metric), *served])
            + as_table("How retrainings ended", [("at", "trigger", "ended", "reason"), *ended])
        )


def trained_summary(tests: Sequence[TrainedBackTest]) -> list[tuple[str, ...]]:
    """The rows of the summary that need trainings, each with a text for each test."""
    return [
        ("retrainings ended", *map(_endings, tests)),
        ("  taken back later", *(str(test.taken_back) for test in tests)),
        *_means(tests),
    ]


def _endings(test: TrainedBackTest) -> str:
    endings = [each.ending.value.replace("_", " ") for each in test.retrainings]
    return ", ".join(f"{endings.count(ending)} {ending}" for ending in dict.fromkeys(endings)) or "-"


def _means(tests: Sequence[TrainedBackTest]) -> list[tuple[str, ...]]:
    """A row for each metric that the days of some test are measured by."""
    means = {test: shown_mean(test.value_of(list(test.days))) for test in tests}
    metrics = dict.fromkeys(test.metric for test in tests)
    return [
        (f"mean {metric}", *(means[test] if test.metric == metric else "-" for test in tests)) for metric in metrics
    ]


def shown_mean(value: float | None) -> str:
    """The mean of a metric over days, for people."""
    return "-" if value is None else f"{value:.4f}"


class BackTestResult(ContainerResult):
    """What the pod of a back-test leaves."""

    kind: Literal["back_test"]
    tests: tuple[TrainedBackTest, ...]


def days_read(policy: Policy, days: Window, as_of: datetime) -> Window:
    """The days whose data a walk through some days may read, before and after them."""
    triggers, delay = policy.triggers, policy.data.label_delay_days
    before = triggers.evaluation_window_days + triggers.training_window_days + delay + 1
    # The season of a drift check is a year earlier.
    before += 400 if policy.drift.seasonal else 0
    after = triggers.evaluation_window_days + 1
    end = min(days.end + timedelta(days=after), as_of.date())
    return Window(start=days.start - timedelta(days=before), end=max(end, days.end))
