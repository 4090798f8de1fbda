"""A back-test with trainings decides as the state machine did that lived through the same time, and changes nothing."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from auto_retrain.adapters.dynamodb.decisions import DynamoDecisionLog
from auto_retrain.adapters.dynamodb.sweeps import DynamoSweepLog
from auto_retrain.adapters.dynamodb.table import Table
from auto_retrain.domain.fleet import FleetUsage, SweepMark
from auto_retrain.domain.schedule import daily_slot
from local.demo import FLIGHTS
from local.demo.flights import prepare
from local.demo.production import DIMENSION, METRIC, NAMESPACE
from local.demo.serving import Serving
from local.demo.stage import Stage, days_of
from local.demo.year import MODEL, POLICY
from local.stack import LocalStack

FIRST, DAYS = date(2013, 2, 1), 40
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    prepare(FLIGHTS)
    directory = tmp_path_factory.mktemp("workflow") / "stack"
    with LocalStack(directory, watch_interval_seconds=5.0, report=lambda _: None) as stack:
        yield stack


class Lived:
    """The first weeks of the demo's year, lived through by the real state machine, swept as a back-test sweeps."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack, self.stage = stack, Stage(stack, FLIGHTS, lambda _: None)
        self._table = Table(stack.client("dynamodb"), stack.outputs["TableName"])
        self.stage.put_flights(FLIGHTS, "flights", days_of(date(2013, 1, 1), 31 + DAYS + 15))
        self.stage.apply(POLICY)
        begin = datetime.combine(FIRST, time(), UTC)
        usage = FleetUsage(active_jobs=0, retrained_in_30_days=0)
        DynamoSweepLog(self._table).save(SweepMark(at=begin - timedelta(minutes=5), models=1, usage=usage))

    def live(self) -> None:
        with Serving(self.stack.mlflow_url, FLIGHTS) as serving:
            self.stage.ask_for(MODEL, datetime.combine(FIRST, time(), UTC), "the first model")
            self.stage.wait()
            for day in days_of(FIRST, DAYS):
                self._sweep(datetime.combine(day, time(), UTC))
                slot = daily_slot(MODEL, datetime.combine(day, time.max, UTC))
                self._sweep(slot + -(slot - datetime.min.replace(tzinfo=UTC)) % timedelta(minutes=5))
                self._publish(day, serving)

    def _sweep(self, at: datetime) -> None:
        self.stack.fire_schedule("ChampionScheduleRule", at)
        self.stage.wait()
        self.stage.sweep(at)

    def _publish(self, day: date, serving: Serving) -> None:
        """At the end of the day: how often the champion was right."""
        champion = self.stage.registry.champion(MODEL)
        assert champion is not None
        (served,) = serving.predict(MODEL, champion, [day])
        datum = {
            "MetricName": METRIC,
            "Dimensions": [{"Name": DIMENSION, "Value": MODEL}],
            "Timestamp": datetime.combine(day, time(23, 59), UTC),
            "StatisticValues": {
                "SampleCount": float(served.rows),
                "Sum": float(served.correct),
                "Minimum": 0.0,
                "Maximum": 1.0,
            },
        }
        self.stack.client("cloudwatch").put_metric_data(Namespace=NAMESPACE, MetricData=[datum])

    def decisions(self) -> list[tuple[Any, ...]]:
        """Each decision: when, which trigger, what came of it, what held it back, and how its job ended."""
        return [
            (
                each.event_time,
                each.trigger_type.value,
                each.outcome,
                each.held_by,
                self._ending_of(each.job_id),
            )
            for each in DynamoDecisionLog(self._table).recent(MODEL, 1000)[::-1]
        ]

    def versions(self) -> list[str]:
        """All that are registered."""
        tags = (self.stage.registry.version_tags(MODEL, str(number)) for number in range(1, 100))
        return [tag.get("job_id", "") for tag in tags if tag is not None]

    def _ending_of(self, job_id: str | None) -> str | None:
        job = self.stage.jobs.get(job_id) if job_id else None
        return job.ending.value if job and job.ending else None


@pytest.fixture(scope="module")
def lived(stack: LocalStack) -> Lived:
    lived = Lived(stack)
    lived.live()
    return lived


@pytest.fixture
def other(tmp_path: Path) -> str:
    """Another policy for the same model, which is not applied."""
    policy = tmp_path / "other.yaml"
    monthly = POLICY.read_text().replace('"0 0 1 1 *"', '"0 0 20 * *"')
    policy.write_text(monthly.replace("triggers:\n", "triggers:\n  enabled: [scheduled]\n"))
    return str(policy)


def back_test(stack: LocalStack, *arguments: str) -> subprocess.CompletedProcess[str]:
    last = FIRST + timedelta(days=DAYS - 1)
    words = ["backtest", *arguments, "--from", f"{FIRST}", "--to", f"{last}", "--train"]
    command = [sys.executable, "-m", "auto_retrain.cli", *words]
    return subprocess.run(
        command, env=os.environ | stack.environment, capture_output=True, text=True, timeout=300, check=False
    )


def test_it_decides_row_by_row_as_the_state_machine_did(lived: Lived) -> None:
    done = back_test(lived.stack, MODEL, "--json")
    assert done.returncode == 0, done.stderr
    (document,) = json.loads(done.stdout)
    tried = [
        (
            datetime.fromisoformat(each["at"]),
            each["trigger_type"],
            each["outcome"],
            each["held_by"],
            each["ending"],
        )
        for each in document["decisions"]
    ]
    really = lived.decisions()
    assert tried == really
    assert sum(each[2] == "started" for each in really) > 3
    lines = [line for line in lived.stage.ledger.lines(MODEL, 100)[::-1] if line.is_new_champion]
    # A version serves as soon as its job has promoted it, which takes some seconds there.
    served = [(each["version"], each["change"], each["since"][:10]) for each in document["champions"]]
    assert served == [(line.version.number, line.change, f"{line.since:%F}") for line in lines]


def test_the_same_request_finds_the_same_result_and_nothing_else_is_left(lived: Lived, other: str) -> None:
    retrained = sum(each[2] == "started" for each in lived.decisions())
    once, again = back_test(lived.stack, other), back_test(lived.stack, other)
    assert once.returncode == 0, once.stderr
    assert "scheduled" in once.stdout
    assert "VERSION  SINCE" in once.stdout
    assert (again.returncode, again.stdout) == (0, once.stdout)
    assert again.stderr.startswith("this was ordered at ")
    (name,) = set(re.findall(rf"{MODEL}-backtest-[0-9a-f]+-[0-9]", once.stderr))
    assert lived.stack.cluster.has_job(name)
    assert not lived.stack.cluster.has_job(f"{name[:-1]}2")
    # The retrainings of the deployment, and no more.
    assert sum(each[2] == "started" for each in lived.decisions()) == retrained
    assert len(lived.versions()) == retrained
    assert not lived.stage.loose_ends([MODEL])
