"""Models in rollout, with every port in memory, live counts by script, and a canary that only reads an analysis."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from auto_retrain.adapters.memory.traffic import MemoryTraffic
from auto_retrain.domain.analysis import Analysis, RolloutEvidence
from auto_retrain.domain.errors import AutoRetrainError
from auto_retrain.domain.job import RetrainingJob
from auto_retrain.domain.live import LiveCounts, LiveQuery, hold_began
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.domain.messages.rolling_out import (
    RollbackAlarm,
    RollbackOutcome,
    RollbackRequest,
    RolloutOrder,
    RolloutsWatched,
)
from auto_retrain.domain.model_state import ModelState
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.policy.analysis import AnalysisPolicy
from auto_retrain.domain.rollout import Rollout
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.domain.windows import Window, Windows
from auto_retrain.strategies import Action, Hold, Promote, RollBack, SetWeight, Strategy
from auto_retrain.usecases.rolling_out.await_rollout import await_rollout
from auto_retrain.usecases.rolling_out.roll_back import roll_back
from auto_retrain.usecases.rolling_out.watch_rollouts import watch_rollouts
from tests.unit.builders import NOON
from tests.unit.usecases.serving_world import ServingWorld

WEIGHTS = (5, 25, 50)
BAKE = timedelta(minutes=60)
MAX_HOLD = timedelta(minutes=1440)
MINUTE = timedelta(minutes=1)
DAY = NOON.date()
CANARY = {"strategy": "canary", "weights": WEIGHTS, "bake_minutes": 60, "traffic": {"adapter": "router"}}


class ScriptedLive:
    """LiveSource that gives every query the same counts, or raises."""

    def __init__(self) -> None:
        self.counts = LiveCounts()
        self.error: Exception | None = None
        self.queries: list[LiveQuery] = []

    def read(self, queries: Sequence[LiveQuery]) -> list[LiveCounts]:
        self.queries.extend(queries)
        if self.error:
            raise self.error
        return [self.counts for _ in queries]


class Canary(Strategy):
    """The next weight after each hour, unless the analysis says otherwise."""

    def first_action(self, rollout: Rollout) -> Action:
        return SetWeight(WEIGHTS[0], 0, "it passed every gate")

    def next_action(self, rollout: Rollout, evidence: RolloutEvidence | None, at: datetime) -> Action:
        analysis = evidence.analysis if evidence else Analysis(missing="no look yet")
        if analysis.unhealthy:
            return RollBack(analysis.unhealthy)
        if evidence and evidence.held_since and at - evidence.held_since > MAX_HOLD:
            return RollBack(f"no data for too long: {analysis.missing}")
        if analysis.missing:
            return Hold(analysis.missing)
        if at - rollout.since < BAKE:
            return Hold("it bakes")
        if rollout.step + 1 < len(WEIGHTS):
            return SetWeight(WEIGHTS[rollout.step + 1], rollout.step + 1, "it has baked")
        return Hold(analysis.unproven) if analysis.unproven else Promote("it has baked")


class Failing:
    """Raises for every call; stands for a system that is away."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self.asked: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        def fail(*_: Any, **__: Any) -> Any:
            self.asked[name] += 1
            raise self._error

        return fail


class RolloutWorld(ServingWorld):
    """Some models, each with version 1 in production."""

    def __init__(self, monkeypatch: Any, *names: str) -> None:
        super().__init__()
        self._monkeypatch = monkeypatch
        self.ports.clock.advance(NOON - self.ports.clock.now())
        self.traffic, self.registry = MemoryTraffic(), self.ports.registry
        self.ports.live, self.ports.traffic = ScriptedLive(), self.traffic
        self.analyses: dict[str, Analysis | Exception] = {}
        monkeypatch.setattr("auto_retrain.usecases.rolling_out.gather_analysis.analyse", self.analyse)
        monkeypatch.setitem(_strategies(), "canary", Canary())
        for name in names or ("churn",):
            self.add(name)

    def add(self, name: str) -> None:
        self.serve(name, CANARY, "1", "2", "3")

    def rollout(self, name: str = "churn") -> Rollout:
        rollout = self.record(name).rollout
        assert rollout is not None
        return rollout

    def begin(self, name: str = "churn", challenger: str = "2", token: str | None = None) -> RetrainingJob:
        """A rollout at its first weight, whose execution waits for it."""
        job = a_job(name, challenger, self.now)
        self.ports.states.set(ModelState(model_name=name))  # whoever was at work before has given back the lease
        self.ports.jobs.open_job(job, self.now + timedelta(days=90))
        rollout = Rollout(
            job_id=job.job_id,
            challenger=ModelVersion(number=challenger),
            deployment=self.policy_of(name).deployment,
            policy_version=1,
            started_at=self.now,
            weight=WEIGHTS[0],
            since=self.now,
        )
        began = self.record(name).rolling_out(rollout, "auto-retrain", "it passed every gate", self.now)
        self.follow(self.ports.ledger.write(began))
        self.wait(name, token or f"token-{job.job_id}")
        return job

    def wait(self, name: str, token: str) -> bool:
        order = RolloutOrder(job_id=self.rollout(name).job_id, task_token=token)
        return await_rollout(order, self.ports).waits

    def promote(self, name: str = "churn", version: str = "2") -> None:
        """What the deployment does at the end of a good rollout."""
        record = self.record(name)
        job_id = record.rollout.job_id if record.rollout else a_job(name, version, self.now).job_id
        job = self.ports.jobs.get(job_id) or a_job(name, version, self.now)
        change = record.promoted(ModelVersion(number=version), job, "auto-retrain", "it is better", self.now)
        self.follow(self.ports.ledger.write(change))

    def watch(self, minutes: int = 1) -> RolloutsWatched:
        """Passes minute by minute; the outcome of the last one."""
        for _ in range(minutes):
            self.ports.clock.advance(MINUTE)
            outcome = watch_rollouts(ScheduledEvent(), self.ports)
        return outcome

    def roll_back(self, to: str | None = None, name: str = "churn", actor: str = "ada") -> RollbackOutcome:
        return roll_back(RollbackRequest(model_name=name, to=to, actor=actor, reason="it is wrong"), self.ports)

    def alarm(
        self, name: str = "auto-retrain-test-rollback-churn", at: datetime | None = None, state: str = "ALARM"
    ) -> RollbackOutcome:
        event = {"time": (at or self.now).isoformat(), "detail": {"alarmName": name, "state": {"value": state}}}
        return roll_back(RollbackAlarm.model_validate(event), self.ports)

    def analyse(
        self,
        policy: AnalysisPolicy,
        rollout: Rollout,
        before: RolloutEvidence | None,
        counts: LiveCounts,
        at: datetime,
    ) -> RolloutEvidence:
        """What a test says about this model; counts with a problem show nothing."""
        scripted = self.analyses.get(rollout.job_id.rsplit("-", 1)[0], Analysis())
        if isinstance(scripted, Exception):
            raise scripted
        analysis = Analysis(missing=counts.problem) if counts.problem else scripted
        held_since = before.held_since if before and before.step == rollout.step else None
        return RolloutEvidence(
            model_name="",
            rollout_id=rollout.job_id,
            step=rollout.step,
            looked_at=at,
            counts=counts,
            analysis=analysis,
            held_since=hold_began(held_since, analysis.missing is not None, at),
        )

    def let_watcher_weigh(self, decide: Callable[[], Action]) -> None:
        """Let the strategy be one whose weights the watcher sets itself, such as a bandit."""
        self._monkeypatch.setattr("auto_retrain.usecases.rolling_out.attend_rollout.WEIGHED_HERE", ("canary",))
        self._monkeypatch.setattr(Canary, "next_action", lambda *_: decide())

    def answers(self, kind: str) -> list[str]:
        return [token for each, token, _ in self.ports.executions.answers if each == kind]

    def weights(self, name: str = "churn") -> dict[str, int]:
        return dict(self.traffic.routes[name].weights)

    def page(self, job: RetrainingJob) -> str:
        """The page about the rollout of a job, as stored."""
        content: bytes = self.ports.data.read(self.ports.data.uri(f"jobs/{job.job_id}/rollout.html"))
        return content.decode()

    def alias(self, name: str = "churn") -> str | None:
        return self.registry.champion(name)


def a_job(name: str, challenger: str, at: datetime) -> RetrainingJob:
    return RetrainingJob(
        job_id=f"{name}-{int(challenger):010}",
        model_name=name,
        trigger_type=TriggerType.MANUAL,
        trigger_reason="new labels",
        event_time=at,
        execution_arn=f"arn:{name}-{challenger}",
        policy_version=1,
        created_at=at,
        windows=Windows(training=Window(start=DAY, end=DAY), holdout=Window(start=DAY, end=DAY)),
    )


def _strategies() -> dict[str, Strategy]:
    from auto_retrain.strategies import STRATEGIES

    return STRATEGIES


def away(error: type[AutoRetrainError]) -> Any:
    """A port whose system is away."""
    return Failing(error("it is away"))
