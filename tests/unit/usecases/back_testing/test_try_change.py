"""A changed policy is tried on the past before it is applied, and one that does worse there needs a reason."""

from typing import Any

import pytest

from auto_retrain.adapters.memory.simulation import Simulation
from auto_retrain.domain.errors import ChangeRefused, EventInvalid, MetricsUnavailable
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.usecases.back_testing.try_change import Trial, consented, try_change
from auto_retrain.usecases.operating.policies import PlannedPolicy, apply_planned, pause_model, plan_policies
from tests.unit.usecases.back_testing.past_days import DAY, START, Levels, falling, past_world, the_policy

METRIC_ALONE = ["performance_degradation"]
NOISE = 0.003


def a_deployment(**triggers: Any) -> Any:
    """One whose metric has been noisy for 60 days, and has then fallen for 90."""
    ports, levels = past_world(150)
    falling(levels, 150, healthy=60)
    for number in range(60):
        levels.of_day[(START + number * DAY).date()] += NOISE * (-1) ** number
    ports.policies.apply(the_policy(enabled=METRIC_ALONE, **{"back_test_days": 120, **triggers}), "ada", START)
    return ports


def planned(ports: Any, policy: Policy | None = None, **triggers: Any) -> PlannedPolicy:
    given = {"enabled": METRIC_ALONE, "back_test_days": 120, **triggers}
    (plan,) = plan_policies([policy or the_policy(**given)], ports)
    return plan


def trial_of(plan: PlannedPolicy, ports: Any, asked: int | None = None) -> Trial:
    return try_change(plan, ports, asked=asked, world_at=Simulation)


def test_a_change_that_does_no_worse_is_applied_as_any_other() -> None:
    ports = a_deployment()
    trial = trial_of(planned(ports, performance_metric_threshold=0.925), ports)
    assert (trial.objections, list(trial.tests)) == ([], ["in force", "new"])
    (applied,) = apply_planned(consented([trial], None), "ada", ports)
    assert (applied.version, applied.note) == (2, "")


def test_a_change_that_would_have_left_more_days_unanswered_needs_a_reason() -> None:
    ports = a_deployment()
    trial = trial_of(planned(ports, performance_metric_threshold=0.80), ports)
    (objection,) = trial.objections
    assert objection.startswith("days beyond the limit that is in force without a retraining: ")
    with pytest.raises(ChangeRefused, match="Nothing was applied; give a reason"):
        consented([trial], None)
    (applied,) = apply_planned(consented([trial], "0.80 is enough from now on"), "ada", ports)
    assert applied.note == f"{objection}; applied all the same: 0.80 is enough from now on"


def test_a_change_that_would_have_retrained_needlessly_needs_a_reason() -> None:
    ports = a_deployment()
    rash = planned(ports, performance_metric_threshold=0.95, confidence=0, evaluation_window_days=1, min_rows=50)
    needless, unanswered = trial_of(rash, ports).objections
    assert needless.startswith("needless retrainings: ")
    assert needless.endswith(" rather than 0")
    # Their challengers make the trigger back off, so that it is late when it matters.
    assert unanswered.startswith("days beyond the limit")


def test_a_policy_cannot_be_freed_from_its_back_test_without_one() -> None:
    ports = a_deployment()
    assert planned(ports, back_test_days=None).back_test_days == 120
    freed = planned(ports, back_test_days=None, performance_metric_threshold=0.80)
    assert trial_of(freed, ports).objections


def test_what_decides_on_drift_has_to_be_tried() -> None:
    ports = a_deployment()
    given = the_policy(enabled=METRIC_ALONE, back_test_days=120)
    assert planned(ports, given.changed(drift=given.drift.changed(seasonal=True))).back_test_days == 120


def test_what_decides_nothing_need_not_be_tried_but_can_be() -> None:
    ports = a_deployment()
    given = the_policy(enabled=METRIC_ALONE, back_test_days=120).changed(owner="bob@example.com")
    plan = planned(ports, given)
    assert plan.back_test_days is None
    assert trial_of(plan, ports).tests == {}
    assert list(trial_of(plan, ports, asked=30).tests) == ["in force", "new"]


def test_a_person_cannot_ask_for_fewer_days_than_a_policy_demands() -> None:
    ports = a_deployment()
    changed = planned(ports, performance_metric_threshold=0.925)
    days = [trial_of(changed, ports, asked).days for asked in (30, 125)]
    assert [(each.end - each.start).days for each in days if each] == [120, 125]


def test_a_first_policy_is_shown_and_never_refused() -> None:
    ports, _ = past_world(100)
    plan = planned(ports)
    assert plan.back_test_days is None
    trial = trial_of(plan, ports, asked=30)
    assert (list(trial.tests), trial.objections) == (["new"], ())


def test_an_unchanged_policy_is_not_tried() -> None:
    ports = a_deployment()
    assert trial_of(planned(ports), ports, asked=30).tests == {}


def test_what_is_not_known_speaks_against_a_change() -> None:
    ports = a_deployment()
    ports.metrics = Levels()
    (objection,) = trial_of(planned(ports, performance_metric_threshold=0.9), ports).objections
    assert objection == "nothing is known of accuracy in these days"


def test_a_source_that_is_away_refuses_a_change_until_somebody_gives_a_reason() -> None:
    class Away:
        def read(self, queries: Any) -> Any:
            raise MetricsUnavailable("CloudWatch did not answer")

    ports = a_deployment()
    ports.metrics = Away()
    trial = trial_of(planned(ports, performance_metric_threshold=0.9), ports)
    assert trial.objections == ["could not be tried: CloudWatch did not answer"]
    with pytest.raises(ChangeRefused, match="CloudWatch did not answer"):
        consented([trial], None)
    with pytest.raises(EventInvalid, match="reason"):
        consented([trial], "two\nlines")
    assert consented([trial], "the outage lasts")[0].note.endswith("the outage lasts")


def test_one_objection_keeps_all_policies_from_being_applied() -> None:
    ports = a_deployment()
    good, bad = (trial_of(planned(ports, performance_metric_threshold=limit), ports) for limit in (0.925, 0.8))
    with pytest.raises(ChangeRefused):
        consented([good, bad], None)
    assert [bool(plan.note) for plan in consented([good, bad], "so be it")] == [False, True]


def test_a_paused_model_keeps_the_reason_of_its_pause_beside_that_of_the_change() -> None:
    ports = a_deployment()
    pause_model("churn", "audit", "ada", ports)
    trial = trial_of(planned(ports, performance_metric_threshold=0.80), ports)
    (applied,) = apply_planned(consented([trial], "so be it"), "ada", ports)
    assert applied.note.startswith("audit; days beyond the limit")
