"""From the log to the decision: an estimate is recorded, can be judged again, and starts only what the policy says."""

from datetime import timedelta

from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.domain.outlook import TriggerOutlook
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.usecases.triggering.replay_decision import replay_decisions
from auto_retrain.usecases.triggering.sweep_models import sweep_models
from auto_retrain.usecases.triggering.why_not import predict_triggers
from tests.unit.usecases.estimated_world import DAY, EstimatedWorld

KIND = TriggerType.ESTIMATED_PERFORMANCE
COUNTS = {"estimated_performance": {"observe_only": False}}


def event(world: EstimatedWorld) -> dict[str, str]:
    return {"model_name": "churn", "trigger_type": KIND.value, "event_time": world.ports.clock.now().isoformat()}


def outlook(world: EstimatedWorld) -> TriggerOutlook:
    return next(each for each in predict_triggers("churn", world.ports).triggers if each.trigger_type is KIND)


def test_by_default_it_is_recorded_and_starts_nothing() -> None:
    world = EstimatedWorld()
    world.serve(8, is_harder=True)
    decision = world.check(event(world), execution="arn:other")
    assert (decision.next, decision.held_by) == ("skip", "observe_only")
    recorded = world.ports.decisions.recent("churn", 1)[0]
    (verdict,) = recorded.verdicts
    assert (verdict.met, verdict.observed_only, verdict.evidence) == (True, True, "estimated_unchecked")
    assert "without labels" in verdict.reason


def test_if_the_policy_says_so_it_starts_a_retraining() -> None:
    world = EstimatedWorld(**COUNTS)
    world.serve(8, is_harder=True)
    decision = world.check(event(world), execution="arn:other")
    assert (decision.next, decision.trigger_type) == ("start", KIND)
    assert decision.job_id is not None
    assert world.job(decision.job_id).trigger_reason.startswith("accuracy of version 2 is estimated at")


def test_rows_as_usual_start_nothing() -> None:
    world = EstimatedWorld(**COUNTS)
    world.serve(8)
    assert world.check(event(world), execution="arn:other").next == "skip"


def test_a_decision_can_be_judged_again_from_what_was_kept() -> None:
    world = EstimatedWorld()
    world.serve(8, is_harder=True)
    world.check(event(world), execution="arn:other")
    replay = replay_decisions("churn", 1, world.ports)[0]
    assert replay.is_same
    assert replay.replayed is not None
    assert replay.replayed.verdicts == replay.recorded.verdicts


def test_a_sweep_judges_it_once_a_day_and_starts_its_execution() -> None:
    world = EstimatedWorld(**COUNTS)
    world.serve(8, is_harder=True)
    now = world.ports.clock.now()
    assert sweep_models(ScheduledEvent(time=now), world.ports).started == 1
    assert "estimated-performance" in next(iter(world.ports.executions.started))
    world.ports.clock.advance(timedelta(minutes=5))
    assert sweep_models(ScheduledEvent(time=now + timedelta(minutes=5)), world.ports).started == 0


def test_why_not_shows_what_it_says() -> None:
    world = EstimatedWorld()
    world.serve(8, is_harder=True)
    shown = outlook(world)
    assert (shown.prospect, shown.holds[0].kind) == ("held_back", "observe_only")
    world.ports.clock.advance(10 * DAY)
    assert outlook(world).prospect == "unknown"


def test_why_not_says_that_it_would_start_where_the_policy_lets_it() -> None:
    world = EstimatedWorld(**COUNTS)
    world.serve(8, is_harder=True)
    assert outlook(world).prospect == "would_start"
