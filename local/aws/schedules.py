"""Fires scheduled rules by the wall clock; without it they fire only on request."""

import re
import threading
from collections.abc import Iterator
from concurrent.futures import wait
from datetime import UTC, datetime, timedelta

from cronsim import CronSim
from moto.events.models import Rule

from local.aws.dispatcher import Delivery, Dispatcher, rule_of, rules

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_CRON = re.compile(r"cron\(([^)]+)\)")


class Schedules:
    """One thread for each schedule. A tick waits until the one before is handled: schedules may be fast here.

    A rule that is disabled does not fire until it is enabled again.
    """

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._changed = threading.Condition()
        self._stopping = False
        self._urgent: set[str] = set()
        self._threads: list[threading.Thread] = []

    def start(self, intervals_seconds: dict[str, float], others_too: bool) -> None:
        """Fire the named rules at the given intervals, and if asked the other enabled ones by their own schedules."""
        for rule in rules():
            logical_id = str(getattr(rule, "logical_resource_id", rule.name))
            if logical_id in intervals_seconds:
                self._start(logical_id, every(timedelta(seconds=intervals_seconds[logical_id])))
            elif others_too and rule.scheduled_expression and rule.state == "ENABLED":
                self._start(logical_id, moments(rule))

    def fire_early(self, logical_id: str) -> None:
        """Let a rule that fires at an interval do so now, or as soon as the tick before is handled."""
        with self._changed:
            self._urgent.add(logical_id)
            self._changed.notify_all()

    def stop(self) -> None:
        """Fire no more; `join` waits for what is still being delivered."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _start(self, logical_id: str, due: Iterator[datetime]) -> None:
        thread = threading.Thread(target=self._tick, args=(logical_id, due), name=f"schedule-{logical_id}", daemon=True)
        thread.start()
        self._threads.append(thread)

    def _tick(self, logical_id: str, due: Iterator[datetime]) -> None:
        for moment in due:
            if not self._wait_until(moment, logical_id):
                return
            if rule_of(logical_id).state != "ENABLED":
                continue
            for delivery in self._dispatcher.fire_schedule(logical_id, min(moment, datetime.now(UTC))):
                _wait_for(delivery)

    def _wait_until(self, moment: datetime, logical_id: str) -> bool:
        """Return when the rule should fire; False if it should no more."""
        with self._changed:
            seconds = max(0.0, (moment - datetime.now(UTC)).total_seconds())
            self._changed.wait_for(lambda: self._stopping or logical_id in self._urgent, seconds)
            self._urgent.discard(logical_id)
            return not self._stopping


def _wait_for(delivery: Delivery) -> None:
    wait([delivery])
    invocation = None if delivery.cancelled() else delivery.result()
    if invocation:
        wait([invocation])


def moments(rule: Rule) -> Iterator[datetime]:
    """The moments at which the rule fires, from now on."""
    expression = str(rule.scheduled_expression)
    if rate := _RATE.fullmatch(expression):
        return every(timedelta(**{f"{rate[2]}s": int(rate[1])}))
    if cron := _CRON.fullmatch(expression):
        return CronSim(unix_cron(cron[1]), datetime.now(UTC))
    raise ValueError(f"rule {rule.name} has a schedule that the local stack does not support: {expression}")


def every(interval: timedelta) -> Iterator[datetime]:
    while True:
        yield datetime.now(UTC) + interval


def unix_cron(expression: str) -> str:
    """AWS has a sixth field for the year, writes `?` for any day, and counts the days of the week from 1."""
    minute, hour, day, month, weekday, year = expression.split()
    if year != "*":
        raise ValueError(f"the local stack does not support a year in a schedule: {expression}")
    weekday = re.sub(r"(?<![#\d])[1-7]", lambda day: str(int(day[0]) - 1), weekday)
    return " ".join([minute, hour, day, month, weekday]).replace("?", "*")
