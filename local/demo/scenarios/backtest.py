"""Weeks of the real state machine, and what a back-test that trains says of them, decision by decision."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from auto_retrain.adapters.dynamodb.decisions import DynamoDecisionLog
from auto_retrain.adapters.dynamodb.sweeps import DynamoSweepLog
from auto_retrain.adapters.dynamodb.table import Table
from auto_retrain.domain.fleet import FleetUsage, SweepMark
from auto_retrain.domain.schedule import daily_slot
from local.demo.production import publish
from local.demo.serving import Serving
from local.demo.stage import Stage, days_of, midnight
from local.demo.story import Story

MODEL = "flights-backtest"
POLICY = Path(__file__).with_suffix(".yaml")
FIRST, DAYS = date(2013, 2, 1), 80
SWEEP = timedelta(minutes=5)


def arguments(policy: str = MODEL, days: int = DAYS) -> tuple[str, ...]:
    """The back-test of so many days."""
    last = FIRST + timedelta(days=days - 1)
    return "backtest", policy, "--from", f"{FIRST}", "--to", f"{last}", "--train"


def play(stage: Stage, story: Story, days: int = DAYS) -> None:
    """each decision of eleven weeks, and the same one in a back-test that trains"""
    # Windows before the first day, and labels after the last one.
    first, last = date(2013, 1, 1), min(FIRST + timedelta(days=days + 15), date(2013, 12, 31))
    stage.put_flights(stage.flights, MODEL, days_of(first, (last - first).days + 1))
    stage.apply(POLICY)
    weeks = Weeks(stage)
    weeks.live(days)
    stage.say("a back-test walks through the same days, and trains again")
    (document,) = json.loads(stage.command(*arguments(days=days), "--json"))
    _same_decisions(story, list(weeks.decisions()), list(_decisions(document)))
    _same_versions(story, stage, document)
    loose = stage.loose_ends([MODEL])
    story.check("nothing is left behind", not loose, "; ".join(loose) or "all jobs ended, no lease, record closed")


class Weeks:
    """The days of the model, lived through by the real state machine: the clock looks at it once a day, at its turn."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._table = Table(stage.stack.client("dynamodb"), stage.stack.outputs["TableName"])
        # Otherwise the first sweep would make up for the days before.
        usage = FleetUsage(active_jobs=0, retrained_in_30_days=0)
        DynamoSweepLog(self._table).save(SweepMark(at=midnight(FIRST) - SWEEP, models=1, usage=usage))

    def live(self, days: int) -> None:
        with Serving(self.stage.stack.mlflow_url, self.stage.flights) as serving:
            self.stage.ask_for(MODEL, midnight(FIRST), "the first model")
            self.stage.wait()
            for day in days_of(FIRST, days):
                if day.day == 1:
                    self.stage.say(f"{day:%B}")
                self._look(day)
                self._publish(day, serving)

    def _look(self, day: date) -> None:
        """Champions are watched, and then what is due is retrained."""
        slot = daily_slot(MODEL, datetime.combine(day, time.max, UTC))
        at = slot + -(slot - datetime.min.replace(tzinfo=UTC)) % SWEEP
        self.stage.stack.fire_schedule("ChampionScheduleRule", at)
        self.stage.wait()
        self.stage.sweep(at)

    def _publish(self, day: date, serving: Serving) -> None:
        """At the end of the day: how often the champion was right."""
        champion = self.stage.registry.champion(MODEL)
        if champion is None:
            raise RuntimeError(f"'{MODEL}' has no champion to serve")
        publish(self.stage, MODEL, serving.predict(MODEL, champion, [day]))

    def decisions(self) -> "Iterator[Decision]":
        """All of them, in order."""
        for record in DynamoDecisionLog(self._table).recent(MODEL, 1000)[::-1]:
            job = self.stage.jobs.get(record.job_id) if record.job_id else None
            what = record.held_by or (job and job.ending) or record.outcome
            yield Decision(record.event_time, record.trigger_type, what, record.outcome == "started")


class Decision(NamedTuple):
    """When, for which trigger, and what held it back, or how its job ended."""

    at: datetime
    trigger: str
    what: str
    started: bool

    def __str__(self) -> str:
        return f"{self.at:%b %d %H:%M} {self.trigger}: {self.what}".replace("_", " ")


def _decisions(document: dict[str, Any]) -> Iterator[Decision]:
    """Those of a back-test."""
    for each in document["decisions"]:
        what = each["held_by"] or each["ending"] or each["outcome"]
        yield Decision(datetime.fromisoformat(each["at"]), each["trigger_type"], what, each["outcome"] == "started")


def _same_decisions(story: Story, really: Sequence[Decision], told: Sequence[Decision]) -> None:
    """A line for each that started something, and one for all others."""
    starts = [[f"{each}" for each in decisions if each.started] for decisions in (really, told)]
    for expected, seen in zip_longest(*starts, fillvalue="nothing"):
        story.check(expected, seen == expected, seen)
    others, others_told = ([each for each in decisions if not each.started] for decisions in (really, told))
    difference = next((f"{one} / {two}" for one, two in zip_longest(others, others_told) if one != two), None)
    counts = Counter(each.what.replace("_", " ") for each in others_told)
    seen = difference or ", ".join(f"{count} {what}" for what, count in counts.most_common())
    story.check(f"{len(others)} more start nothing, for the same reasons", not difference, seen)


def _same_versions(story: Story, stage: Stage, document: dict[str, Any]) -> None:
    lines = [line for line in stage.ledger.lines(MODEL, 100)[::-1] if line.is_new_champion]
    # A version serves as soon as its job has promoted it, which takes some seconds here.
    really = [f"{line.version.number} from {line.since:%b %d}" for line in lines]
    told = [f"{each['version']} from {datetime.fromisoformat(each['since']):%b %d}" for each in document["champions"]]
    story.check(f"versions that serve: {', '.join(really)}", told == really, ", ".join(told))
