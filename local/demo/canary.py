"""A challenger that gets its share of real requests, step by step, and what says which version serves."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from auto_retrain.domain.rollout import Rollout
from local.demo.live import LiveModel
from local.demo.stage import Stage
from local.serving.passing_time import let_pass


class Canary:
    """The rollout of a model, step by step; the days are those whose flights customers ask about."""

    def __init__(self, stage: Stage, model: str, live: LiveModel, days: Iterable[date]) -> None:
        self._stage = stage
        self._model = model
        self._live = live
        self._days: Iterator[date] = iter(days)

    @property
    def rollout(self) -> Rollout | None:
        return self._stage.record(self._model).rollout

    def wait_for_weight(self, weight: int) -> None:
        """Wait until the challenger gets this share, and its execution waits for the next step."""

        def is_there() -> bool:
            rollout = self.rollout
            return rollout is not None and rollout.weight == weight and rollout.task_token is not None

        self._stage.wait_for(f"a weight of {weight} %", is_there)

    def bake(self) -> Counter[str]:
        """Let the time of a step pass, in which customers ask about the flights of a day, and labels come."""
        rollout = self.rollout
        assert rollout is not None
        let_pass(self._stage.ledger, self._model, timedelta(minutes=rollout.deployment.step_minutes + 1))
        return self._serve_a_day()

    def prove(self) -> Counter[str]:
        """Bake the last step for as many days as the proof takes; RuntimeError if there are no more days."""
        answered = self.bake()
        while self._is_unproven(answered.total()):
            answered += self._serve_a_day()
        self._stage.wait_for("the promotion", lambda: self.rollout is None)
        self._stage.wait()
        return answered

    def agree(self, answered: Counter[str], job_status: str, champion: str, weight: int = 0) -> tuple[bool, str]:
        """Whether traffic, alias, ledger and job record say the same; and what each of them says."""
        record, alias = self._stage.record(self._model), self._stage.registry.champion(self._model)
        serving, job = record.champion, self._stage.newest_job(self._model)
        gets = record.rollout.weight if record.rollout else 0
        seen = 100 - 100 * answered[champion] / answered.total()
        is_so = (
            (alias, serving and serving.version.number, gets, job.status.value)
            == (champion, champion, weight, job_status)
            and (abs(seen - weight) < 5 if weight else seen == 0)
            and not record.conflict
        )
        split = ", ".join(f"{count} by {version}" for version, count in sorted(answered.items()))
        ledger = serving.version.number if serving else None
        beside = f" and {gets} % to {record.rollout.challenger.number}" if record.rollout else ""
        return is_so, f"answers: {split}; alias {alias}; ledger {ledger}{beside}; job {job.status.value}"

    def _serve_a_day(self) -> Counter[str]:
        day = next(self._days, None)
        if day is None:
            raise RuntimeError(f"the canary of '{self._model}' is not proven after all days")
        answered = self._live.ask(day)
        self._live.land(datetime.now(UTC).date())
        return answered

    def _is_unproven(self, requests: int) -> bool:
        """Wait for a look at so many requests and their labels; whether it says that more are needed."""

        def was_seen() -> bool:
            evidence = self._stage.ledger.evidence(self._model)
            arms = (evidence.counts.champion, evidence.counts.challenger) if evidence else ()
            is_complete = sum(arm.requests for arm in arms) >= requests
            return self.rollout is None or (is_complete and all(arm.labelled == arm.mature for arm in arms))

        self._stage.wait_for("a look at all requests and labels", was_seen)
        evidence = self._stage.ledger.evidence(self._model)
        return self.rollout is not None and evidence is not None and evidence.analysis.unproven is not None
