"""For some weeks most airlines stay away from JFK: the data drift while accuracy holds, and the newly trained version
is better. Then they come back, and it has never seen their flights."""

from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from auto_retrain.domain.status import RetrainingStatus
from auto_retrain.domain.trigger_type import TriggerType
from local.demo.canary import Canary
from local.demo.flights import choose
from local.demo.live import LiveModel
from local.demo.production import Production
from local.demo.serving import Serving, accuracy_of
from local.demo.stage import Stage, days_of, midnight
from local.demo.story import Story

MODEL, LABELS = "flights-drift", "labels-drift"
POLICY = Path(__file__).with_suffix(".yaml")
FIRST, AWAY, RETRAINED, BACK = date(2013, 9, 16), date(2013, 9, 20), date(2013, 10, 6), date(2013, 10, 10)
HISTORY_DAYS, WATCH_DAYS = 16, 14
STILL_AT_JFK = ["9E", "EV", "MQ"]
THRESHOLD, PSI_LIMIT = 0.92, 0.25


def play(stage: Stage, story: Story) -> None:
    """PSI passes 0.25 while accuracy holds; the new version is taken back later"""
    flights = _flights(stage)
    begin = FIRST - timedelta(days=HISTORY_DAYS)
    stage.put_flights(flights, MODEL, days_of(begin, (RETRAINED - begin).days), labels=LABELS)
    stage.apply(POLICY)
    _first_version(stage, story)
    with (
        Serving(stage.stack.mlflow_url, flights) as serving,
        LiveModel(stage, MODEL, serving, flights, LABELS) as live,
    ):
        production = Production(stage, MODEL, serving)
        canary = Canary(stage, MODEL, live, days_of(RETRAINED, (BACK - RETRAINED).days))
        told = canary.agree(live.ask(FIRST, at=midnight(FIRST), limit=100), RetrainingStatus.COMPLETED.value, "1")
        story.check("before the canary, traffic, alias, ledger and job agree", *told)
        _drift(stage, story, production)
        _rollout(stage, story, live, canary)
        _watch(stage, story, production)
        _taken_back(stage, story, live, canary)
    loose = stage.loose_ends([MODEL])
    story.check("nothing is left behind", not loose, "; ".join(loose) or "all jobs ended, no lease, record closed")


def _flights(stage: Stage) -> Path:
    """All of them are real; while airlines stay away from JFK, theirs are left out."""
    folder = stage.stack.directory / "flights" / MODEL
    for day in days_of(FIRST - timedelta(days=HISTORY_DAYS), 60):
        is_away = AWAY <= day < BACK
        choose(stage.flights, folder, day, _without_most_of_jfk if is_away else _all)
    return folder


def _without_most_of_jfk(flights: pa.Table) -> pa.Array:
    return pc.or_(pc.not_equal(flights["origin"], "JFK"), pc.is_in(flights["carrier"], pa.array(STILL_AT_JFK)))


def _all(flights: pa.Table) -> pa.Array:
    return pc.is_valid(flights["origin"])


def _first_version(stage: Stage, story: Story) -> None:
    stage.say("a person asks for the first version, which knows all flights")
    stage.ask_for(MODEL, midnight(FIRST), "the first version")
    stage.wait()
    job = stage.newest_job(MODEL)
    story.check("a first version serves", job.deployed, f"version {job.challenger_version}, {job.status.value}")


def _drift(stage: Stage, story: Story, production: Production) -> None:
    stage.say("most airlines stay away from JFK")
    served = production.serve(days_of(FIRST, (RETRAINED - FIRST).days))
    production.publish(served)
    stage.wait()
    seen = accuracy_of(served[-7:])
    story.check(f"its accuracy holds, above {THRESHOLD}", seen > THRESHOLD, f"{seen:.4f} in the last 7 days")
    stage.say("the daily sweep finds the drift, and a version learns from the last days")
    stage.stack.fire_schedule("SweepScheduleRule", midnight(RETRAINED))
    stage.wait_for("the canary", lambda: stage.record(MODEL).rollout is not None)
    job = stage.newest_job(MODEL)
    drifted = {verdict.check.partition(":")[2]: verdict.value for verdict in job.trigger_verdicts if verdict.met}
    told = ", ".join(f"{value:.2f} of {feature}" for feature, value in drifted.items() if feature and value)
    is_due = job.trigger_type is TriggerType.DATA_DRIFT and bool(told)
    story.check(f"PSI passes {PSI_LIMIT}: a version is trained on recent flights", is_due, told or job.trigger_reason)
    result = job.validation
    assert result is not None
    told = f"{result.improvement or 0.0:.0%} fewer errors on {result.holdout_rows} flights"
    story.check("it is proven better on the same flights", result.is_valid, told)


def _rollout(stage: Stage, story: Story, live: LiveModel, canary: Canary) -> None:
    canary.wait_for_weight(10)
    stage.say("a tenth of the customers ask the new version")
    told = canary.agree(canary.bake(), RetrainingStatus.DEPLOYING.value, "1", weight=10)
    story.check("during the canary they agree", *told)
    canary.wait_for_weight(50)
    stage.say("half of the customers ask the new version")
    answered = canary.prove()
    split = f"of {answered.total()} answers {answered['2']} by version 2"
    story.check("it is proven on labelled requests, and promoted", stage.newest_job(MODEL).deployed, split)
    told = canary.agree(live.ask(BACK, limit=100), RetrainingStatus.COMPLETED.value, "2")
    story.check("after the promotion they agree", *told)


def _watch(stage: Stage, story: Story, production: Production) -> None:
    """Each day what it was right about is published, and it is judged by that since it began to serve."""
    stage.say("the new champion is watched; after four days the airlines come back to JFK")
    good = production.serve(days_of(RETRAINED, (BACK - RETRAINED).days))
    bad = production.serve(days_of(BACK, WATCH_DAYS))
    production.publish(good)
    _look(stage, BACK)
    told = f"accuracy {accuracy_of(good):.4f}, provisionally promoted"
    story.check("while it does well it stays", stage.record(MODEL).watch is not None, told)
    served = 0
    while served < WATCH_DAYS and not stage.record(MODEL).rolled_back:
        production.publish([bad[served]])
        served += 1
        _look(stage, BACK + timedelta(days=served))
    seen = accuracy_of(bad[:served])
    story.check("days later its accuracy falls", seen < THRESHOLD, f"{seen:.4f} in the next {served} days")


def _look(stage: Stage, day: date) -> None:
    stage.wait()
    stage.stack.fire_schedule("ChampionScheduleRule", midnight(day))
    stage.wait()


def _taken_back(stage: Stage, story: Story, live: LiveModel, canary: Canary) -> None:
    record = stage.record(MODEL)
    reason = record.rolled_back[-1].reason if record.rolled_back else "nothing was taken back"
    story.check("it is taken back, and not offered again", record.is_rolled_back("2"), reason)
    answered = live.ask(BACK, limit=100)
    story.check("after the rollback they agree", *canary.agree(answered, RetrainingStatus.ROLLED_BACK.value, "1"))
    in_a_row = stage.states.get(MODEL).rejections.get(TriggerType.DATA_DRIFT)
    told = f"{in_a_row.count if in_a_row else 0} version that drift called for has failed"
    story.check("its trigger backs off", in_a_row is not None and in_a_row.count == 1, told)
    stage.command("acknowledge", MODEL, "--reason", "it does not know JFK", "--actor", "grace")
    alert = stage.record(MODEL).alert
    known = alert.acknowledged if alert and alert.told else None
    told = f"{known.actor} was told, and knows" if known else "nobody was told, or knows"
    story.check("people are told until somebody knows", known is not None, told)
