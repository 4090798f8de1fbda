"""Models whose new champions are watched, with every port in memory and a metric in production by script."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from auto_retrain.domain.ending import Ending
from auto_retrain.domain.errors import MetricsUnavailable
from auto_retrain.domain.job import RetrainingJob
from auto_retrain.domain.messages.after_promotion import ChampionsWatched
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.domain.metric_reading import MetricQuery, MetricReading
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.rollout import Rollout
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.domain.watch import Alert, Watch
from auto_retrain.domain.windows import Window, Windows
from auto_retrain.usecases.after_promotion.watch_champions import watch_champions
from tests.unit.announced import announced
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.serving_world import ServingWorld

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WATCH = timedelta(days=7)
ROWS = 1_000
_TODAY = NOON.date()
_WINDOWS = Windows(training=Window(start=_TODAY, end=_TODAY), holdout=Window(start=_TODAY, end=_TODAY))


class ScriptedMetrics:
    """MetricSource with so many rows a day, whose accuracy is that of whichever version served: see `accuracy`.

    What the prediction log says is `labelled`; a source in `away` does not answer.
    """

    def __init__(self) -> None:
        self.accuracy: dict[str, list[tuple[datetime, float]]] = {}
        self.labelled: dict[str, list[tuple[datetime, float]]] = {}
        self.away: set[str] = set()
        self.rows = ROWS
        self.error: Exception | None = None
        self.queries: list[MetricQuery] = []
        self.reads = 0

    def read(self, queries: Sequence[MetricQuery]) -> list[MetricReading]:
        self.queries += queries
        self.reads += 1
        if self.error:
            raise self.error
        if self.away & {query.metric.source for query in queries}:
            raise MetricsUnavailable("it did not answer")
        return [self._reading(query) for query in queries]

    def _reading(self, query: MetricQuery) -> MetricReading:
        is_logged = query.metric.source == "prediction_log"
        script = (self.labelled if is_logged else self.accuracy).get(query.model_name)
        if script is None:
            return MetricReading(value=None, label_share=0.0 if is_logged else None)
        days = (query.end - query.start) // DAY
        values = [self._at(script, query.start + day * DAY) for day in range(days)]
        return MetricReading(
            value=sum(values) / len(values),
            rows=len(values) * self.rows,
            points=len(values),
            newest_at=query.end,
            by_day=tuple((value, self.rows) for value in values),
            day_numbers=tuple(range(days)),
            label_share=1.0 if is_logged else None,
        )

    def _at(self, script: list[tuple[datetime, float]], moment: datetime) -> float:
        return [value for since, value in script if since <= moment][-1]


class WatchWorld(ServingWorld):
    """Some models with version 1 in production for a month, and version 2 promoted at noon."""

    def __init__(self, *names: str, **deployment: Any) -> None:
        super().__init__()
        self.ports.clock.advance(NOON - 30 * DAY - self.now)
        self.metrics = self.ports.metrics = ScriptedMetrics()
        names = names or ("churn",)
        for name in names:
            self.metrics.accuracy[name] = [(self.now - 60 * DAY, 0.9)]
            self.serve(name, deployment, "1", "2", "3", "4")
        self.ports.clock.advance(30 * DAY)
        for name in names:
            self.promote(name)

    def watch(self, name: str = "churn") -> Watch:
        watch = self.record(name).watch
        assert watch is not None
        return watch

    def alert(self, name: str = "churn") -> Alert:
        alert = self.record(name).alert
        assert alert is not None
        return alert

    def champion(self, name: str = "churn") -> str:
        champion = self.record(name).champion
        assert champion is not None
        return champion.version.number

    def job(self, name: str = "churn", version: str = "2") -> RetrainingJob:
        job: RetrainingJob = self.ports.jobs.get(f"{name}-{version}")
        return job

    def promote(self, name: str = "churn", version: str = "2") -> None:
        """A job from its beginning to its end."""
        job = a_job(name, version, self.now)
        self.ports.jobs.open_job(job, self.now + DAY)
        change = self.record(name).promoted(
            ModelVersion(number=version), job, "auto-retrain", "it is better", self.now, WATCH
        )
        self.follow(self.ports.ledger.write(change, job.deploying().promoted(self.now, change.line.watched_until)))
        closing = self.ports.jobs.get(job.job_id).ended(Ending.PROMOTED, self.now)
        self.ports.jobs.close_job(closing, retrained=True, rejections={})

    def begin_rollout(self, name: str = "churn", version: str = "3", weight: int = 5) -> None:
        """A challenger answers some requests."""
        deployment = {"strategy": "canary", "traffic": {"adapter": "router"}}
        rollout = Rollout(
            job_id=f"{name}-{version}",
            challenger=ModelVersion(number=version),
            deployment=a_policy(model=name, deployment=deployment).deployment,
            policy_version=1,
            started_at=self.now,
            weight=weight,
            since=self.now,
        )
        self.ports.ledger.write(self.record(name).rolling_out(rollout, "auto-retrain", "better", self.now))

    def abort_rollout(self, name: str = "churn") -> None:
        """The champion answers alone again."""
        self.ports.ledger.write(self.record(name).aborted("ada", "customers complain", self.now))
        self.follow(self.record(name))

    def apply(self, name: str = "churn", **sections: Any) -> None:
        """Another version of its policy."""
        self.ports.policies.apply(a_policy(model=name, **sections), "ada", self.now)

    def degrade(self, name: str = "churn", to: float = 0.7) -> None:
        """From now on it is right less often."""
        self.metrics.accuracy[name].append((self.now, to))

    def passes(self, hours: int = 1, every: int = 1) -> ChampionsWatched:
        """A pass in each hour, or after each so many of them; the outcome of the last one."""
        for _ in range(0, hours, every):
            self.ports.clock.advance(every * HOUR)
            outcome = watch_champions(ScheduledEvent(), self.ports)
        return outcome

    @property
    def messages(self) -> list[str]:
        return [event.sentence for event in announced(self.ports)]


def a_job(name: str, version: str, at: datetime) -> RetrainingJob:
    return RetrainingJob(
        job_id=f"{name}-{version}",
        model_name=name,
        trigger_type=TriggerType.PERFORMANCE_DEGRADATION,
        trigger_reason="it got worse",
        event_time=at,
        execution_arn=f"arn:{name}-{version}",
        policy_version=1,
        created_at=at,
        status="validation",
        challenger=ModelVersion(number=version),
        windows=_WINDOWS,
    )
