"""A recorded decision comes out again from what was kept of its evidence, and what was changed since is named."""

from datetime import timedelta
from typing import Any

import pytest

from auto_retrain.domain.decision_record import DecisionRecord
from auto_retrain.domain.errors import ArtifactInvalid
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.domain.metric_reading import MetricReading
from auto_retrain.domain.policy.policy import PolicyStatus
from auto_retrain.usecases.triggering import kept_evidence
from auto_retrain.usecases.triggering.detect_drift import detect_drift
from auto_retrain.usecases.triggering.replay_decision import DecisionReplay, replay_decision, replay_opening
from auto_retrain.usecases.triggering.sweep_models import sweep_models
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.drift_world import SWEPT, check_drift, world_with_features
from tests.unit.usecases.world import MANUAL, World


def a_world(accuracy: float = 0.8, **triggers: Any) -> World:
    """A model without data to read, retrained long enough ago."""
    world = World(a_policy(triggers={"enabled": ["performance_degradation"], **triggers}))
    world.ports.states.record_retrain("churn", NOON)
    world.ports.metrics.readings["churn"] = MetricReading(value=accuracy, rows=5000, points=30, newest_at=NOON)
    return world


def newest(world: World) -> DecisionRecord:
    return world.ports.decisions.recent("churn", 1)[0]


def replayed(world: World) -> DecisionReplay:
    return replay_decision(newest(world), world.ports)


def outcome_of(world: World) -> tuple[str, str | None]:
    """The outcome of the newest decision, which is the same when it is judged again."""
    replay = replayed(world)
    assert (replay.is_same, replay.has_same_words, replay.differences) == (True, True, ())
    return replay.recorded.outcome, replay.recorded.held_by


def test_a_metric_that_called_for_a_retraining_does_so_again() -> None:
    world = a_world()
    decision = world.check(SWEPT)
    assert outcome_of(world) == ("started", None)
    assert replay_opening(decision.job_id or "", world.ports).is_same
    # What was judged on stays as it was, whatever has happened since.
    world.ports.metrics.readings["churn"] = MetricReading(value=0.99)
    world.ports.policies.apply(a_policy(triggers={"performance_metric_threshold": 0.5}), "ada", NOON)
    assert outcome_of(world) == ("started", None)


def test_a_no_is_judged_again_as_well() -> None:
    world = a_world(accuracy=0.95)
    world.check(SWEPT)
    assert outcome_of(world) == ("not_due", None)


HOLDS: list[tuple[dict[str, Any], str]] = [
    ({"breach_days": 2, "breach_window_days": 3}, "breach_days"),
    ({"observe_only": ["performance_degradation"]}, "observe_only"),
]


@pytest.mark.parametrize(("triggers", "held_by"), HOLDS, ids=[held_by for _, held_by in HOLDS])
def test_a_hold_is_found_again(triggers: dict[str, Any], held_by: str) -> None:
    world = a_world(**triggers)
    world.check(SWEPT)
    assert outcome_of(world) == ("suppressed", held_by)


def test_a_request_of_a_person_is_judged_again() -> None:
    world = a_world()
    world.check(MANUAL)
    assert outcome_of(world) == ("started", None)
    world.ports.clock.advance(timedelta(hours=1))
    world.check({**MANUAL, "reason": "once more"}, "execution:second")
    assert outcome_of(world) == ("suppressed", "running_job")


def test_what_the_sweep_held_is_judged_again() -> None:
    world = a_world()
    world.ports.policies.apply(world.policy, "ada", NOON, status=PolicyStatus.PAUSED)
    sweep_models(ScheduledEvent(time=NOON + timedelta(days=1)), world.ports)
    assert outcome_of(world) == ("suppressed", "paused")


@pytest.mark.parametrize(("live_age", "outcome"), [(60, "started"), (40, "not_due")])
def test_drift_is_judged_again_from_the_histograms(live_age: int, outcome: str) -> None:
    world = world_with_features(live_age=live_age)
    check_drift(world)
    assert outcome_of(world) == (outcome, None)
    assert len(newest(world).verdicts) > 3


def test_the_states_after_a_decision_carry_none_of_its_evidence() -> None:
    world = world_with_features(live_age=60)
    checked = world.check(SWEPT)
    assert checked.evidence is not None
    assert detect_drift(checked, world.ports).evidence is None


def test_histograms_of_many_features_are_stored_apart_and_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_evidence, "MAX_BYTES_BESIDE_DECISION", 100)
    world = world_with_features(live_age=40)
    check_drift(world)
    assert b"histograms" not in (world.ports.decisions.evidence(newest(world)) or b"")
    assert outcome_of(world) == ("not_due", None)
    (uri,) = [uri for uri in world.ports.data._contents if "/evidence/churn/" in uri]
    world.ports.data._contents[uri] += b" "
    with pytest.raises(ArtifactInvalid, match="its SHA-256 is another one"):
        replayed(world)


def test_a_changed_decision_is_named_with_what_differs() -> None:
    world = a_world()
    world.check(SWEPT)
    decision = newest(world)
    verdict = decision.verdicts[0].changed(value=0.7)
    forged = decision.changed(verdicts=(verdict,), outcome="not_due")
    replay = replay_decision(forged, world.ports)
    assert not replay.is_same
    assert replay.differences == (
        "the record was changed after it was sealed",
        "outcome",
        "verdicts.performance_degradation.value",
    )
    # Whoever seals it anew cannot make the evidence fit.
    assert "outcome" in replay_decision(forged.sealed(), world.ports).differences


def test_changed_evidence_is_refused() -> None:
    world = a_world()
    world.check(SWEPT)
    decision = newest(world)
    document = world.ports.decisions.evidence(decision) or b""
    world.ports.decisions.record(decision.changed(decision_hash="another"), evidence=document.replace(b"0.8", b"0.9"))
    with pytest.raises(ArtifactInvalid, match="was changed"):
        replay_decision(decision, world.ports)
