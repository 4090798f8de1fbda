"""A job that is followed, as lines: each time only those that are new, for pipes, files and logs of CI."""

from datetime import timedelta

from ..domain.job import RetrainingJob
from ..usecases.reporting.job_progress import JobProgress, Pace
from .printing import moment, say


class ProgressLines:
    """Prints what has changed since the last look."""

    def __init__(self) -> None:
        self._said: list[str] = []
        self._logged: list[str] = []

    def show(self, progress: JobProgress, pace: Pace | None) -> None:
        state, log = state_of(progress, pace), [f"  | {line}" for line in progress.log]
        for line in (*(each for each in state if each not in self._said), *after(self._logged, log)):
            self.say(line)
        self._said, self._logged = state, log or self._logged

    def say(self, text: str) -> None:
        say(text)

    def close(self) -> None:
        """Nothing is open."""


def state_of(progress: JobProgress, pace: Pace | None) -> list[str]:
    """Where a job is at this moment, a line for each thing that can change."""
    job, rollout = progress.job, progress.rollout
    lines = [f"{job.job_id}: {job.status.value}{_step(progress)}"]
    if not job.ending and (costs := expectation_of(job, pace)):
        lines.append(f"  {costs}")
    if progress.pods:
        lines.append(f"  {progress.pods}")
    if progress.obstacle and not job.ending:
        lines.append(f"  waits: {progress.obstacle}")
    if job.review_until:
        lines.append(f"  waits for a review until {moment(job.review_until)}: 'auto-retrain approve {job.job_id}'")
    if rollout:
        lines.append(f"  version {rollout.challenger.number} gets {rollout.weight} %, step {rollout.step + 1}")
    if progress.outlook:
        lines.append(f"  {progress.outlook}")
    return lines


def expectation_of(job: RetrainingJob, pace: Pace | None) -> str:
    """What a job is expected to cost, and when its verdict is expected; empty if nothing is known."""
    like = f"the last {pace.jobs}" if pace and pace.jobs > 1 else "the last one"
    usual = f"a verdict usually takes {clock(pace.seconds)}, like {like}" if pace else ""
    return "; ".join(filter(None, (job.money, usual)))


def clock(seconds: float) -> str:
    """A length of time such as 0:04:10, or 1 day, 2:00:00."""
    return str(timedelta(seconds=max(0, round(seconds))))


def _step(progress: JobProgress) -> str:
    pending = progress.job.pending
    if pending is None or not progress.has_step:
        return ""
    return f", step {pending.kind} ({pending.kubernetes_job or 'waits for a batch'})"


def after(before: list[str], now: list[str]) -> list[str]:
    """The lines of a log that are new: those after the part that both ends of it have in common."""
    shared = (count for count in range(min(len(before), len(now)), 0, -1) if before[-count:] == now[:count])
    return now[next(shared, 0) :]
