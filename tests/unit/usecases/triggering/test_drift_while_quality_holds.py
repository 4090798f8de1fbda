"""Inputs that moved while the estimated quality holds: said in the decision and, by policy, waited for."""

from datetime import timedelta

import numpy as np

from auto_retrain.domain.messages.triggering import TriggerDecision
from auto_retrain.domain.outlook import TriggerOutlook
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.usecases.triggering.detect_drift import detect_drift
from auto_retrain.usecases.triggering.replay_decision import replay_decisions
from auto_retrain.usecases.triggering.why_not import predict_triggers
from tests.unit.usecases.drift_world import columns
from tests.unit.usecases.estimated_world import EstimatedWorld

DAY = timedelta(days=1)
SENTENCE = "the inputs have moved, but the quality seems to hold: accuracy of version 2 is estimated at"


def drifting_world(wait_days: int, concept_drift: float = 0.0) -> EstimatedWorld:
    """Whose quality was estimated and confirmed for three weeks before the inputs move."""
    enabled = ["data_drift", "estimated_performance"]
    world = EstimatedWorld(enabled=enabled, max_back_off_days=1, cool_down_hours=1)
    policy = world.policy.changed(drift=world.policy.drift.changed(wait_days_while_quality_holds=wait_days))
    world.ports.policies.apply(policy, "ada", world.ports.clock.now())
    world.policy = policy
    world.serve(28, drift=concept_drift)
    return world


def check(world: EstimatedWorld) -> TriggerDecision:
    """Check the data of a day, on which the inputs have moved as far as they had the days before."""
    now, random = world.ports.clock.now(), np.random.default_rng(1)
    for back in range(1, 61):
        uri = f"s3://data/churn/date={now.date() - back * DAY}/part-0.parquet"
        world.ports.tables.by_uri[uri] = columns(random, 60.0 if back <= 5 else 40.0, 200)
    event = {"model_name": "churn", "trigger_type": "data_drift", "event_time": now.isoformat()}
    return detect_drift(world.check(event, execution=f"arn:{now.date()}"), world.ports)


def outlook(world: EstimatedWorld) -> TriggerOutlook:
    kind = TriggerType.DATA_DRIFT
    return next(each for each in predict_triggers("churn", world.ports).triggers if each.trigger_type is kind)


def test_by_default_a_drift_is_answered_at_once_and_the_estimate_is_mentioned() -> None:
    decision = check(drifting_world(wait_days=0))
    assert decision.next == "start"
    assert SENTENCE in decision.reason


def test_a_policy_may_wait_and_the_decision_says_why_and_until_when() -> None:
    world = drifting_world(wait_days=3)
    decision = check(world)
    assert (decision.next, decision.held_by) == ("skip", "quality_holds")
    assert SENTENCE in decision.reason
    assert f"held until {world.ports.clock.now().date() + 3 * DAY}, or until it falls" in decision.reason
    assert [hold.kind for hold in outlook(world).holds] == ["quality_holds"]


def test_the_wait_ends_by_itself() -> None:
    world = drifting_world(wait_days=3)
    decisions = []
    for _ in range(4):
        decisions.append(check(world).held_by)
        world.serve(1, drift=0.0)
    assert decisions == ["quality_holds"] * 3 + [None]


def test_it_does_not_wait_for_an_estimate_that_labels_have_contradicted() -> None:
    decision = check(drifting_world(wait_days=3, concept_drift=0.5))
    assert decision.next == "start"
    assert "seems to hold" not in decision.reason


def test_such_a_decision_can_be_judged_again() -> None:
    world = drifting_world(wait_days=3)
    for _ in range(2):
        check(world)
        world.serve(1, drift=0.0)
    for replay in replay_decisions("churn", 2, world.ports):
        assert replay.is_same
        assert replay.replayed is not None
        assert replay.replayed.held_by == "quality_holds"
