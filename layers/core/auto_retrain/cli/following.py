"""`auto-retrain follow` and `logs`: what a job does while it runs, and what its pods say."""

import os
import sys
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Annotated, Protocol, TypeVar

import typer

from ..domain.decision_record import DecisionRecord
from ..domain.ending import Ending
from ..domain.errors import JobUnknown, TransientError
from ..domain.job import RetrainingJob
from ..domain.names import model_of_job
from ..ports import Ports
from ..usecases.lookup import decision_of, job_of, job_or_newest, newest_job
from ..usecases.reporting.job_logs import job_logs
from ..usecases.reporting.job_progress import LOG_LINES, JobProgress, Pace, job_progress, pace_of
from .arguments import JobOrModel, Json, number_up_to, ports_of
from .commands import Commands
from .printing import outcome_of, print_json, print_whole, say
from .progress_lines import ProgressLines

FOLLOW_SECONDS = 3.0
# Between two attempts while something cannot be asked, and all of them together.
MAX_DELAY, PATIENCE = 30.0, 300.0
# How often a job is looked for that an execution opens within seconds.
OPENING_ATTEMPTS = 10
NEWEST_DECISIONS = 20
# A script may want to know more than whether the job ended: 0 is a promotion, 1 a failure.
NOT_PROMOTED = 3
_CODES = {Ending.PROMOTED: 0, Ending.FAILED: 1, Ending.ROLLED_BACK: 1}

Answer = TypeVar("Answer")

commands = Commands()


class View(Protocol):
    """Shows a job that is followed."""

    def show(self, progress: JobProgress, pace: Pace | None) -> None: ...

    def say(self, text: str) -> None:
        """Say something about following itself."""

    def close(self) -> None: ...


@commands.add("logs", "logs churn-0123456789 --lines 20")
def logs(
    context: typer.Context,
    job: JobOrModel,
    lines: Annotated[
        int, typer.Option("--lines", metavar="N", parser=number_up_to(1000), help="how many lines of each log")
    ] = LOG_LINES,
    as_json: Json = False,
) -> None:
    """Show the end of the logs of a job's pods, as long as the cluster has them; after that, as they were kept when the
    steps of the job ended."""
    ports = ports_of(context)
    record = job_or_newest(job, ports)
    found = job_logs(record, lines, ports)
    if as_json:
        print_json([log._asdict() for log in found])
    elif not found:
        say(f"{record.job_id}: no log yet; none of its pods has begun")
    for log in found if not as_json else ():
        say(f"== {log.source}")
        for line in log.text.splitlines():
            print_whole(line)


@commands.add("follow", "follow churn-0123456789")
def follow(context: typer.Context, job: JobOrModel) -> int:
    """Show what a job does until it has ended: its state and step, its pod and the log of that, what it waits for, and
    what it will cost and how long it takes if jobs like it show that. On a terminal the picture is renewed in place;
    elsewhere each change is a line. Ctrl-C ends this command, never the job. Exits with 0 if its challenger was
    promoted, 1 if it failed or was taken back, and 3 if it ended otherwise or was never opened."""
    ports = ports_of(context)
    with closing(_view(ports)) as view:
        newest = _patiently(lambda: newest_job(job, ports), view)
        job_id = newest.job_id if newest else job
        if newest and newest.ending:
            view.say(f"the newest job of {job} has ended; one that was just asked for has the id that retrain printed")
        try:
            ended = _await_end(job_id, view, ports)
        except KeyboardInterrupt:
            view.close()
            view.say(f"{job_id} goes on; look again with 'auto-retrain follow {job_id}'")
            raise
        view.close()
        if isinstance(ended, DecisionRecord):
            view.say(f"{job_id} was not opened: {ended.reason}; 'auto-retrain explain {job_id}' says more")
            return NOT_PROMOTED
        view.say(f"{outcome_of(ended)}: {ended.summary()}")
        return _CODES.get(ended.ending, NOT_PROMOTED) if ended.ending else NOT_PROMOTED


def _view(ports: Ports) -> View:
    if not sys.stdout.isatty() or os.environ.get("TERM") in ("dumb", "unknown"):
        return ProgressLines()
    # Imported when there is a terminal: scripts need not wait for it.
    from .progress_picture import ProgressPicture

    return ProgressPicture(ports.clock)


def _await_end(job_id: str, view: View, ports: Ports) -> RetrainingJob | DecisionRecord:
    """Show a job until it has ended; or the decision that holds it back, so that it never begins."""
    held = _await_opening(job_id, view, ports)
    if held:
        return held
    pace = _patiently(lambda: pace_of(job_of(job_id, ports), ports), view)
    while True:
        progress = _patiently(lambda: job_progress(job_id, ports), view)
        view.show(progress, pace)
        if progress.job.ending:
            return progress.job
        time.sleep(FOLLOW_SECONDS)


def _await_opening(job_id: str, view: View, ports: Ports) -> DecisionRecord | None:
    """Wait until a job is there that was just asked for, or the decision that holds it back; raises JobUnknown."""
    for attempt in range(OPENING_ATTEMPTS):
        if _patiently(lambda: ports.jobs.get(job_id), view):
            return None
        # One that is made while we wait is among the newest.
        held = _patiently(partial(decision_of, job_id, ports, NEWEST_DECISIONS if attempt else None), view)
        if held:
            return held
        if attempt == 0:
            _patiently(lambda: _check_model(job_id, ports), view)
            view.say(f"there is no job '{job_id}' yet; one that was just asked for is there in seconds")
        time.sleep(FOLLOW_SECONDS)
    job_of(job_id, ports)
    return None


def _check_model(name: str, ports: Ports) -> None:
    """Refuse what cannot be opened because there is no such model; raises JobUnknown."""
    if ports.policies.get(name) is None and ports.policies.get(model_of_job(name)) is None:
        raise JobUnknown(
            f"there is neither a job nor a model '{name}'; see 'auto-retrain jobs' for the newest jobs, and "
            "'auto-retrain models list' for the models"
        )


def _patiently(ask: Callable[[], Answer], view: View) -> Answer:
    """An answer, asked for again while that may help; raises TransientError if it has not for minutes."""
    delay, waited = FOLLOW_SECONDS, 0.0
    while True:
        try:
            return ask()
        except TransientError as error:
            if waited >= PATIENCE:
                given_up = f"{error}; tried in vain for {PATIENCE / 60:.0f} minutes, but the job goes on"
                raise TransientError(given_up) from error
            view.say(f"no answer: {error}; tried again in {delay:.0f} s")
        time.sleep(delay)
        waited, delay = waited + delay, min(2 * delay, MAX_DELAY)
