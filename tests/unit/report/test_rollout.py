"""The page about a rollout shows its weights over time, its checks, and what serves in the end."""

from datetime import timedelta

from auto_retrain.domain.analysis import Analysis, Look, RolloutEvidence
from auto_retrain.domain.live import ArmCounts, LiveCounts
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.policy.deployment import CanaryDeployment
from auto_retrain.domain.policy.traffic import RouterTarget
from auto_retrain.domain.rollout import Rollout
from auto_retrain.domain.serving import ServingRecord
from auto_retrain.domain.verdict import Outcome, Verdict
from auto_retrain.report import render_rollout
from tests.unit.builders import NOON
from tests.unit.report.pages import NASTY

AN_HOUR = timedelta(hours=1)


def a_rollout() -> Rollout:
    return Rollout(
        job_id="churn-1",
        challenger=ModelVersion(number="2"),
        deployment=CanaryDeployment(strategy="canary", traffic=RouterTarget(adapter="router")),
        policy_version=1,
        started_at=NOON,
        since=NOON,
        weight=5,
    )


def the_evidence(reason: str = "0 of 500 requests failed") -> RolloutEvidence:
    verdict = Verdict(check="error_rate", outcome=Outcome.MET, reason=reason)
    looks = [
        Look(at=NOON + minute * AN_HOUR / 60, weight=5, values={"error_rate": 0.1 * minute}) for minute in range(5)
    ]
    return RolloutEvidence(
        model_name="churn",
        rollout_id="churn-1",
        step=0,
        looked_at=NOON + AN_HOUR,
        counts=LiveCounts(challenger=ArmCounts(requests=500, errors=3), problem="no label has arrived"),
        analysis=Analysis(verdicts=(verdict,), unproven="320 more requests are needed"),
        looks=tuple(looks),
    )


def test_a_rollout_under_way_says_what_it_waits_for() -> None:
    page = render_rollout("churn", a_rollout(), [], the_evidence(), None)
    for shown in (
        "under way",
        "version 2 by canary",
        "320 more requests are needed",
        "0 of 500",
        "no label has arrived",
    ):
        assert shown in page


def test_one_that_nothing_was_seen_of_yet_says_so() -> None:
    assert "nothing has been looked at yet" in render_rollout("churn", a_rollout(), [], None, None)


def test_one_that_was_taken_back_shows_its_weights_and_why() -> None:
    record = ServingRecord(model_name="churn")
    record, first = record.adopted(ModelVersion(number="1"), "it served", NOON - AN_HOUR)
    record, begun = record.rolling_out(a_rollout(), "churn-1", "first step", NOON)
    record, more = record.weighted(25, 1, "churn-1", "second step", NOON + AN_HOUR)
    record, ended = record.aborted("ada", "too many errors", NOON + 2 * AN_HOUR)
    page = render_rollout("churn", a_rollout(), [first, begun, more, ended], the_evidence(), record.ended)
    for shown in ("rolled back", "too many errors", "25 %", "second step", "percent of the requests"):
        assert shown in page
    assert page.count("<polyline") == 2


def test_no_text_from_outside_becomes_markup() -> None:
    assert NASTY not in render_rollout(NASTY, a_rollout(), [], the_evidence(NASTY), None)
