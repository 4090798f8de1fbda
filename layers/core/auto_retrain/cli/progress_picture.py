"""A job that is followed, as a picture on a terminal that is renewed in place."""

import sys
from collections.abc import Iterator
from shutil import get_terminal_size

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from ..domain.job import RetrainingJob
from ..domain.status import RetrainingStatus
from ..domain.text import one_line
from ..ports import Clock
from ..usecases.reporting.job_progress import JobProgress, Pace
from .progress_lines import clock, state_of

BAR_WIDTH = 30
# What a job goes through, in the words of its page.
STEPS = ("data", "training", "scoring", "verdict", "serving")
# Lines of the picture besides those of the log, with one each for those that may be there.
OTHER_LINES = 11


class ProgressPicture:
    """Shows the newest look; what is said about following itself stays above it."""

    def __init__(self, at: Clock) -> None:
        columns, lines = get_terminal_size()
        self._console = Console(file=sys.stdout, width=columns, height=lines)
        self._live = Live(console=self._console, auto_refresh=False)
        self._clock, self._log_lines = at, max(3, lines - OTHER_LINES)

    def show(self, progress: JobProgress, pace: Pace | None) -> None:
        self._live.start()  # does nothing from the second time on
        self._live.update(Group(*self._parts(progress, pace)), refresh=True)

    def say(self, text: str) -> None:
        # Always as Text, never as a string, so that no name is read as markup.
        self._console.print(Text(one_line(text)))

    def close(self) -> None:
        self._live.stop()

    def _parts(self, progress: JobProgress, pace: Pace | None) -> Iterator[RenderableType]:
        job = progress.job
        first, *others = state_of(progress, None)
        yield Text(one_line(first), style="bold")
        yield Text(_steps(job))
        elapsed = ((job.completed_at or self._clock.now()) - job.created_at).total_seconds()
        yield Text(_time(elapsed, None if job.validation or job.ending else pace))
        for line in others:
            yield Text(one_line(line))
        for line in progress.log[-self._log_lines :]:
            yield Text(one_line(f"  | {line}"), style="dim", overflow="ellipsis", no_wrap=True)


def _time(elapsed: float, pace: Pace | None) -> str:
    """How long a job has taken, beside how long it usually takes until the verdict."""
    if pace is None:
        return f"  {clock(elapsed)}"
    done = min(BAR_WIDTH, round(BAR_WIDTH * elapsed / max(pace.seconds, 1.0)))
    bar = "━" * done + "┄" * (BAR_WIDTH - done)
    return f"  {bar}  {clock(elapsed)} of usually {clock(pace.seconds)}"


def _steps(job: RetrainingJob) -> str:
    """The steps of a job, with a mark for what is behind it and for where it is."""
    place = _place_of(job)
    marks = ("✓" if number < place else "●" if number == place else "○" for number in range(len(STEPS)))
    return "  " + "  ".join(f"{mark} {step}" for mark, step in zip(marks, STEPS, strict=True))


def _place_of(job: RetrainingJob) -> int:
    """The number of the step that a job is at, or that it ended at."""
    if job.deployed:
        return len(STEPS)
    if job.status is RetrainingStatus.DEPLOYING:
        return STEPS.index("serving")
    if job.validation or job.status is RetrainingStatus.VALIDATION:
        return STEPS.index("verdict")
    return {"proxy": 1, "train": 1, "score": 2}.get(job.last_step or "", 0)
