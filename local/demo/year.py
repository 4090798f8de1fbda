"""Runs through a year: publishes what the champion achieves, lets alarm and schedule act, and reports what they did."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Self

from local.demo.production import Production
from local.demo.reporting import line_of, row_of
from local.demo.row import Row
from local.demo.serving import Serving, accuracy_of
from local.demo.stage import Stage, days_of, midnight

MODEL = "flights-large-aircraft"
POLICY = Path(__file__).with_name("policy.yaml")
EVALUATION_DAYS = 10


class Year:
    """2013, month by month; a context manager, because a model in production runs meanwhile."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        serving = self._undo.enter_context(Serving(self._stage.stack.mlflow_url, self._stage.flights))
        self._production = Production(self._stage, MODEL, serving)
        self._stage.put_flights(self._stage.flights, "flights", _days_of_month(date(2013, 1, 1)))
        background = self._undo.enter_context(ThreadPoolExecutor(1))
        later = days_of(date(2013, 2, 1), 334)
        self._later_months = background.submit(self._stage.put_flights, self._stage.flights, "flights", later)
        self._stage.apply(POLICY)
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def run(self) -> Iterator[Row]:
        """A row for each month, as soon as it is over."""
        for month in range(1, 13):
            started = time.monotonic()
            first = date(2013, month, 1)
            row = self._begin(first) if month == 1 else self._run_month(first)
            self._stage.say(line_of(row, time.monotonic() - started))
            yield row
        yield self._roll_back()

    def unexpected_endings(self) -> list[str]:
        """Executions that did not end well, what did not end, and a rollback that did not happen."""
        failed = self._stage.executions.failed()
        return [
            *(f"execution {execution.name} ended {execution.status}: {execution.cause}" for execution in failed),
            *self._stage.loose_ends([MODEL]),
            *([] if self._stage.record(MODEL).rolled_back else ["nothing was rolled back"]),
        ]

    def _begin(self, first: date) -> Row:
        """There is no champion in January; at its end a person asks for the first one."""
        self._stage.ask_for(MODEL, midnight(_next_month(first)), "the first model")
        self._stage.wait()
        self._later_months.result()
        return row_of(f"{first:%b}", None, self._stage.executions.new())

    def _run_month(self, first: date) -> Row:
        days = self._production.serve(_days_of_month(first))
        # Publishing may set off the alarm. If it is on already, the sweep is what finds the model.
        self._production.publish(days)
        self._stage.wait()
        self._stage.sweep(midnight(_next_month(first)))
        return row_of(f"{first:%b}", accuracy_of(days[-EVALUATION_DAYS:]), self._stage.executions.new())

    def _roll_back(self) -> Row:
        """At the end of the year a person takes the newest version back, and the one before it serves again."""
        started = time.monotonic()
        newest = self._stage.registry.champion(MODEL)
        self._stage.command("rollback", MODEL, "--reason", "to see it taken back", "--actor", "demo")
        serving = self._stage.registry.champion(MODEL)
        accuracy = accuracy_of(self._production.serve(days_of(date(2013, 12, 22), EVALUATION_DAYS)))
        row = Row(
            month="Dec",
            champion_accuracy=accuracy,
            triggered=None,
            decision="rolled_back",
            reason=f"a person took version {newest} back, {serving} serves",
        )
        self._stage.say(line_of(row, time.monotonic() - started))
        return row


def _days_of_month(first: date) -> list[date]:
    return days_of(first, (_next_month(first) - first).days)


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)
