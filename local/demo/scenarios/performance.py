"""The schedule of the airlines changes, the champion decays, and a version that is proven better takes its place."""

from datetime import date, timedelta
from pathlib import Path

from auto_retrain.domain.trigger_type import TriggerType
from local.demo.production import Production
from local.demo.serving import Serving, accuracy_of
from local.demo.stage import Stage, days_of, midnight
from local.demo.story import Story

MODEL = "flights-performance"
POLICY = Path(__file__).with_suffix(".yaml")
MARCH, APRIL = date(2013, 3, 1), date(2013, 4, 1)
THRESHOLD, MIN_IMPROVEMENT = 0.92, 0.05


def play(stage: Stage, story: Story) -> None:
    """accuracy decays in production, and a better version takes over"""
    stage.put_flights(stage.flights, MODEL, days_of(date(2013, 1, 30), 75))
    stage.apply(POLICY)
    with Serving(stage.stack.mlflow_url, stage.flights) as serving:
        production = Production(stage, MODEL, serving)
        _first_version(stage, story)
        _decay(stage, story, production)
        _proof(stage, story)
        _afterwards(stage, story, production)


def _first_version(stage: Stage, story: Story) -> None:
    stage.say("a person asks for the first version, which learns from February")
    stage.ask_for(MODEL, midnight(MARCH), "the first version")
    stage.wait()
    job = stage.newest_job(MODEL)
    accuracy = job.validation.accuracy if job.validation else 0.0
    story.check("a first version serves", job.deployed, f"version {job.challenger_version}, accuracy {accuracy:.4f}")


def _decay(stage: Stage, story: Story, production: Production) -> None:
    stage.say("it serves in March; its accuracy is published, and the alarm rings")
    served = production.serve(days_of(MARCH, 31))
    seen = accuracy_of(served[-10:])
    story.check(f"its accuracy falls below {THRESHOLD}", seen < THRESHOLD, f"{seen:.4f} in the last 10 days of March")
    # Publishing may set off the alarm; if it is on already, the sweep is what finds the model.
    production.publish(served)
    stage.wait()
    stage.sweep(midnight(APRIL))
    job = stage.newest_job(MODEL)
    is_due = job.trigger_type is TriggerType.PERFORMANCE_DEGRADATION
    story.check("that starts a retraining", is_due, job.trigger_reason)


def _proof(stage: Stage, story: Story) -> None:
    job = stage.newest_job(MODEL)
    result = job.validation
    assert result is not None
    gain, (low, high) = result.improvement or 0.0, result.interval or (0.0, 0.0)
    told = f"{gain:+.1%} [{low:+.1%}, {high:+.1%}] on {result.holdout_rows} flights"
    story.check("the new version is 5 % better, on the same rows", gain >= MIN_IMPROVEMENT and low > 0, told)
    record, alias = stage.record(MODEL), stage.registry.champion(MODEL)
    version = record.champion.version.number if record.champion else None
    agree = job.deployed and version == alias == job.challenger_version
    story.check(
        "it is promoted: job, ledger and alias agree",
        agree,
        f"job {job.status.value}, ledger and alias {version}, {alias}",
    )


def _afterwards(stage: Stage, story: Story, production: Production) -> None:
    stage.say("it serves in April")
    served = production.serve(days_of(APRIL, 10))
    seen = accuracy_of(served)
    story.check(
        f"its accuracy is above {THRESHOLD} again", seen > THRESHOLD, f"{seen:.4f} in the first 10 days of April"
    )
    production.publish(served)
    stage.sweep(midnight(APRIL + timedelta(days=11)))
    retrained = len(stage.jobs.list_recent(MODEL, 10))
    story.check("nothing is retrained without need", retrained == 2, f"{retrained} retrainings, the first included")
    loose = stage.loose_ends([MODEL])
    story.check("nothing is left behind", not loose, "; ".join(loose) or "all jobs ended, no lease, record closed")
