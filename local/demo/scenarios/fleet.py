"""Five models share a weekly schedule and one Kubernetes Job; only those that have become better are deployed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from auto_retrain.domain.ending import Ending
from auto_retrain.domain.job import RetrainingJob
from auto_retrain.domain.trigger_type import TriggerType
from local.demo.flights import choose
from local.demo.stage import Stage, days_of, midnight
from local.demo.story import Story

POLICY = Path(__file__).with_suffix(".yaml")
FIRST_SUNDAY, NEXT_SUNDAY = date(2013, 3, 3), date(2013, 3, 10)
HISTORY_DAYS = 21

Chosen = Callable[[pa.Table], pa.Array]


def _of(column: str, value: str) -> Chosen:
    return lambda flights: pc.equal(flights[column], value)


# Each model knows the flights of one airport, or of one airline.
FLEET: dict[str, Chosen] = {
    "gl-001": _of("origin", "EWR"),
    "gl-002": _of("origin", "JFK"),
    "gl-003": _of("origin", "LGA"),
    "gl-004": _of("carrier", "UA"),
    "gl-005": _of("carrier", "DL"),
}


def play(stage: Stage, story: Story) -> None:
    """five models, retrained together each week; deployed only if they are better"""
    first = FIRST_SUNDAY.toordinal() - HISTORY_DAYS
    _put_flights(stage, days_of(date.fromordinal(first), NEXT_SUNDAY.toordinal() - first))
    stage.apply(*_policies(stage))

    indexes = _sunday(stage, FIRST_SUNDAY)
    _check_batch(story, "on the first Sunday all are due and train in one Indexed Job", indexes)
    first_jobs = [stage.newest_job(model) for model in FLEET]
    served = sum(job.deployed for job in first_jobs)
    story.check("each gets its first version", served == len(FLEET), f"{served} of {len(FLEET)} are promoted")

    indexes = _sunday(stage, NEXT_SUNDAY)
    _check_batch(story, "a week later all are retrained, in one Indexed Job again", indexes)
    for model in FLEET:
        _check_ending(stage, story, stage.newest_job(model))
    again = len(_jobs(stage))
    stage.say("the sweep comes once more on the same Sunday")
    stage.sweep(midnight(NEXT_SUNDAY))
    story.check("another sweep retrains none twice", len(_jobs(stage)) == again, f"{again} jobs before and after")
    loose = stage.loose_ends(FLEET)
    story.check("nothing is left behind", not loose, "; ".join(loose) or "all jobs ended, no lease, records closed")


def _sunday(stage: Stage, sunday: date) -> set[str]:
    """The sweep of a Sunday to its end; the indexes of Jobs that trained."""
    stage.say(f"the sweep of Sunday, {sunday}: all five are due")
    before = _trained(stage)
    with _stopped_watcher(stage):
        stage.stack.fire_schedule("SweepScheduleRule", midnight(sunday))
        stage.wait_for("five trainings that wait for a batch", lambda: _parked(stage) == len(FLEET))
    stage.say("they train, and are scored")
    stage.wait()
    return _trained(stage) - before


def _trained(stage: Stage) -> set[str]:
    """JOB-INDEX of each pod that trained, which is what its log is named after; a lost pod is followed by another."""
    return {log.stem.rpartition("-")[0] for log in (stage.stack.logs / "pods").glob("batch-*-train-*")}


@contextmanager
def _stopped_watcher(stage: Stage) -> Iterator[None]:
    """In the cloud the watcher comes once a minute, so that all five wait for it; here it comes all the time."""
    events = stage.stack.client("events")
    (rule,) = (rule["Name"] for rule in events.list_rules()["Rules"] if "WatchSchedule" in rule["Name"])
    events.disable_rule(Name=rule)
    try:
        yield
    finally:
        events.enable_rule(Name=rule)


def _jobs(stage: Stage) -> list[RetrainingJob]:
    return [job for model in FLEET for job in stage.jobs.list_recent(model, 10)]


def _parked(stage: Stage) -> int:
    """How many wait for the watcher to put them into a batch."""
    active = [job for job in stage.jobs.list_active() if job.model_name in FLEET]
    return sum(job.pending is not None and job.pending.parked is not None for job in active)


def _check_batch(story: Story, expected: str, indexes: set[str]) -> None:
    jobs = {index.rpartition("-")[0] for index in indexes}
    told = f"{len(indexes)} indexes of {', '.join(sorted(jobs)) or 'no Job'}"
    story.check(expected, len(indexes) == len(FLEET) and len(jobs) == 1, told)


def _check_ending(stage: Stage, story: Story, job: RetrainingJob) -> None:
    """A model serves its new version if that is 5 % better, and else the old one."""
    result = job.validation
    gain = result.improvement if result else None
    is_better = gain is not None and gain >= 0.05
    version, alias = stage.record(job.model_name).champion, stage.registry.champion(job.model_name)
    serves = version.version.number if version else None
    as_decided = job.deployed == is_better and serves == alias == ("2" if is_better else "1")
    is_scheduled = job.trigger_type is TriggerType.SCHEDULED and job.ending in (Ending.PROMOTED, Ending.REJECTED)
    expected = f"{job.model_name}: {'better, so deployed' if is_better else 'no better by 5 %, so not deployed'}"
    told = f"{gain:+.1%}: {job.ending}, version {serves} serves" if gain is not None else str(job.ending)
    story.check(expected, as_decided and is_scheduled, told)


def _put_flights(stage: Stage, days: list[date]) -> None:
    stage.say(f"the flights of {len(days)} days are divided among five models")
    for model, is_chosen in FLEET.items():
        folder = stage.stack.directory / "flights" / model
        for day in days:
            choose(stage.flights, folder, day, is_chosen)
        stage.put_flights(folder, model, days)


def _policies(stage: Stage) -> list[Path]:
    """One file for each model: they differ in nothing but their name."""
    folder = stage.stack.directory / "policies"
    folder.mkdir(exist_ok=True)
    files = {model: folder / f"{model}.yaml" for model in FLEET}
    for model, file in files.items():
        file.write_text(POLICY.read_text().replace("MODEL", model))
    return list(files.values())
