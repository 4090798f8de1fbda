"""An operator tries out four sets of parameters; the best is reviewed by a person and goes into production in steps."""

from datetime import date
from pathlib import Path

from auto_retrain.domain.job import RetrainingJob
from auto_retrain.domain.status import RetrainingStatus
from local.demo.canary import Canary
from local.demo.live import LiveModel
from local.demo.serving import Serving
from local.demo.stage import Stage, days_of, midnight
from local.demo.story import Story

MODEL, LABELS = "flights-experiments", "labels-experiments"
POLICY = Path(__file__).with_suffix(".yaml")
FIRST, EXPERIMENTS = date(2013, 3, 1), date(2013, 3, 2)
GRID = {"max_iter": [20, 100], "max_leaf_nodes": [7, 31]}


def play(stage: Stage, story: Story) -> None:
    """four experiments, a review by a person, and a canary of the best"""
    stage.put_flights(stage.flights, MODEL, days_of(date(2013, 2, 11), 20), labels=LABELS)
    stage.apply(POLICY)
    stage.say("a person asks for the first version, with few and small trees")
    stage.ask_for(MODEL, midnight(FIRST), "the first version")
    stage.wait()
    first = stage.newest_job(MODEL)
    story.check("a first version serves", first.deployed, f"version {first.challenger_version}, {_accuracy(first)}")
    job = _experiments(stage, story)
    _review(stage, story, job)
    _rollout(stage, story)


def _experiments(stage: Stage, story: Story) -> RetrainingJob:
    stage.say("the operator starts four experiments, to be reviewed")
    stage.ask_for(MODEL, midnight(EXPERIMENTS), "it is often wrong", grid=GRID, review=True, force=True)
    stage.wait_for("the job to wait for its review", lambda: stage.newest_job(MODEL).pending_review is not None)
    job = stage.newest_job(MODEL)
    result = job.validation
    assert result is not None
    values = {variant.version: variant.value for variant in result.variants}
    told = ", ".join(f"{version}: {value:.4f}" for version, value in values.items())
    story.check("four experiments are scored on the same flights", len(values) == 4, told)
    best = max(values, key=values.__getitem__)
    told = f"version {job.challenger_version}, {result.improvement or 0.0:+.1%} over version 1"
    story.check("the best is the challenger, and 5 % better", job.challenger_version == best and result.is_valid, told)
    return job


def _review(stage: Stage, story: Story, job: RetrainingJob) -> None:
    page = stage.stack.directory / "review.html"
    page.write_bytes(stage.read(job.report_uri or ""))
    shows = all(str(variant.version) in page.read_text() for variant in job.variants)
    story.check("there is a page for the reviewer", shows, f"{page.name}, {page.stat().st_size // 1000} kB")
    alias = stage.registry.champion(MODEL)
    story.check("nothing is deployed without approval", alias == "1", f"job {job.status.value}, alias at {alias}")
    stage.say("a person approves it")
    told = stage.command("approve", job.job_id, "--actor", "grace", "--reason", "looked at the slices")
    review = stage.newest_job(MODEL).review
    story.check("a person approves it", review is not None and review.actor == "grace", told.partition(": ")[2].strip())


def _rollout(stage: Stage, story: Story) -> None:
    challenger = stage.newest_job(MODEL).challenger_version or ""
    with (
        Serving(stage.stack.mlflow_url, stage.flights) as serving,
        LiveModel(stage, MODEL, serving, stage.flights, LABELS) as live,
    ):
        canary = Canary(stage, MODEL, live, days_of(EXPERIMENTS, 9))
        canary.wait_for_weight(10)
        stage.say("a tenth of the customers ask the new version")
        answered = canary.bake()
        story.check("a tenth of the requests, then half", *canary.agree(answered, "deploying", "1", weight=10))
        canary.wait_for_weight(50)
        stage.say("half of the customers ask the new version")
        answered = canary.prove()
        told = f"{answered.total()} answers, {answered[challenger]} by version {challenger}"
        story.check("it is proven on labelled requests", stage.newest_job(MODEL).deployed, told)
        answered = live.ask(date(2013, 3, 12), limit=100)
        story.check("it serves everybody", *canary.agree(answered, RetrainingStatus.COMPLETED.value, challenger))
    loose = stage.loose_ends([MODEL])
    story.check("nothing is left behind", not loose, "; ".join(loose) or "all jobs ended, no lease, record closed")


def _accuracy(job: RetrainingJob) -> str:
    return f"accuracy {job.validation.accuracy:.4f}" if job.validation else "never scored"
