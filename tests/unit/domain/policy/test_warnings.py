"""A warning is always right: what it calls impossible never happens."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_retrain.domain.policy.metric import MAX_STEPS
from auto_retrain.domain.policy.metric_warnings import metric_warnings
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.policy.warnings import warnings_of, warnings_with_champion
from auto_retrain.gates.min_improvement import judge_min_improvement
from tests.unit.builders import a_comparison, a_policy
from tests.unit.policies import policies

NEVER_BETTER = "no challenger can be 5 % better than a champion above 0.9524 (validation.improvement_basis = relative)"
PROMETHEUS = {"source": "prometheus", "gauge": "accuracy", "step_minutes": 1440}


def test_the_defaults_give_no_warning() -> None:
    assert warnings_of(a_policy()) == ()


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        (
            {"validation": {"accuracy_floor": 0.96}},
            f"validation.min_improvement = 0.05: {NEVER_BETTER}, and validation.accuracy_floor = 0.96 admits no other",
        ),
        (
            {"validation": {"min_improvement": 0.2}},
            "validation.min_improvement = 0.2: no challenger can be 20 % better than a champion above 0.8333",
        ),
        (
            {"triggers": {"performance_metric_threshold": 0.97}},
            f"triggers.performance_metric_threshold = 0.97: {NEVER_BETTER}, so one between 0.9524 and 0.97",
        ),
        (
            {"triggers": {"performance_metric_threshold": 0.8}},
            "performance_metric_threshold = 0.8: the champion can fall below validation.accuracy_floor = 0.85",
        ),
        (
            {"training": {"parameters": {"max_itr": 300}}},
            "training.parameters: the default trainer takes no 'max_itr'; did you mean 'max_iter'?",
        ),
        (
            {"training": {"parameters": {"rate": 1, "max_iter": 300}}},
            "training.parameters: the default trainer takes no 'rate'; ",
        ),
        ({"triggers": {"enabled": []}}, "triggers.enabled = []: only people can start a retraining"),
        (
            {"triggers": {"enabled": ["scheduled"], "alarms": ["accuracy low"]}},
            "triggers.alarms: performance_degradation is not enabled",
        ),
        (
            {"triggers": {"observe_only": ["performance_degradation"], "alarms": ["accuracy low"]}},
            "triggers.alarms: performance_degradation is only observed",
        ),
        (
            {"triggers": {"enabled": ["scheduled"], "observe_only": ["scheduled"]}},
            "triggers.observe_only: every enabled trigger is only observed, so only people can start a retraining",
        ),
        (
            {"triggers": {"enabled": ["scheduled"], "observe_only": ["data_drift"]}},
            "triggers.observe_only: data_drift is not enabled, so it is not judged either",
        ),
        (
            {"validation": {"observe_only": ["paired_evidence", "min_improvement"]}},
            "validation.observe_only: names min_improvement and paired_evidence, so a challenger that is no better",
        ),
        ({"drift": {"ignore": ["age"], "weights": {"plan": 0}}}, "drift: every feature is ignored or has weight 0"),
        ({"training": {"image": "own:1"}}, "training.image = 'own:1': a tag can later point to another image"),
        ({"drift": {"min_drifted_share": 1}}, "drift.min_drifted_share = 1: all 2 features that count must drift"),
        (
            {"triggers": {"min_rows": 0, "confidence": 0}},
            "triggers.min_rows = 0 with triggers.confidence = 0: a single row can start a retraining",
        ),
        (
            {"metric": PROMETHEUS, "triggers": {"min_data_points": 40}},
            "triggers.min_data_points = 40: 30 days have at most 31 steps of 1440 minutes, so performance is never",
        ),
        (
            {"triggers": {"min_data_points": 32}},
            "triggers.min_data_points = 32: 30 days have at most 31 steps of 1440 minutes, so performance is never",
        ),
        (
            {"metric": {**PROMETHEUS, "step_minutes": 3}},
            "triggers.evaluation_window_days = 30 with metric.step_minutes = 3: 14400 steps, and a server gives at "
            "most 11000, so performance is not judged; take steps of 4 minutes",
        ),
        (
            {"metric": {**PROMETHEUS, "step_minutes": 30}, "triggers": {"evaluation_window_days": 365}},
            "so performance is not judged; take steps of 48 minutes",
        ),
        (
            {"triggers": {"performance_metric_scale": "number", "performance_metric_threshold": 92}},
            "triggers.performance_metric_threshold = 92: where rows are counted the metric is between 0 and 1, so it "
            "is always below; 0.92 stands for 92 %",
        ),
        (
            {
                "triggers": {
                    "performance_metric_scale": "number",
                    "performance_metric_direction": "lower_is_better",
                    "performance_metric_threshold": 8,
                }
            },
            "triggers.performance_metric_threshold = 8: where rows are counted the metric is between 0 and 1, so it is "
            "never above",
        ),
        (
            {"metric": {"counts_rows": True, "aggregation": "maximum"}},
            "metric.aggregation = 'maximum' with metric.counts_rows: each sample is 0 or 1, so the metric is 1 as soon",
        ),
        (
            {"triggers": {"min_rows": 40}},
            "triggers.min_rows = 40: data_drift needs 300 rows a side all the same, as its test for chance holds from",
        ),
        (
            {"validation": {"guardrails": {"recall": 2}}},
            "validation.guardrails.recall = 2: recall is between 0 and 1, so only a fall to 0 is refused",
        ),
        (
            {"validation": {"improvement_basis": "non_inferior", "non_inferiority_margin": 1}},
            "validation.non_inferiority_margin = 1: accuracy is between 0 and 1, so however bad a challenger is",
        ),
        (
            {
                "validation": {
                    "primary_metric": "roc_auc",
                    "improvement_basis": "absolute",
                    "min_improvement": 5,
                }
            },
            "validation.min_improvement = 5: roc_auc is between 0 and 1, so no challenger can be that much better",
        ),
        (
            {"triggers": {"schedule_expression": "* * * * *"}},
            "schedule_expression = '* * * * *': fires again after 1 minute, but triggers.cool_down_hours = 24",
        ),
        (
            {"triggers": {"schedule_expression": "0 */6 * * *"}},
            "fires again after 6 hours, but triggers.cool_down_hours = 24 keeps retrainings further apart",
        ),
        ({"triggers": {"cool_down_hours": 200}}, "fires again after 7 days, but triggers.cool_down_hours = 200"),
        (
            {"triggers": {"schedule_expression": "0 0 * * *", "monthly_cap": 29}},
            "fires more often in 720 hours than triggers.monthly_cap = 29 allows",
        ),
        (
            {"triggers": {"schedule_expression": "0 */6 * * *", "cool_down_hours": 0}},
            "fires more often in 24 hours than triggers.daily_cap = 3 allows",
        ),
        (
            {"triggers": {"max_back_off_days": 1}},
            "triggers.max_back_off_days = 1: is no longer than triggers.cool_down_hours = 24",
        ),
    ],
)
def test_a_rule_that_cannot_do_what_it_says_gets_a_warning(sections: dict[str, Any], message: str) -> None:
    assert any(message in warning for warning in warnings_of(a_policy(**sections)))


@pytest.mark.parametrize(
    "sections",
    [
        {"validation": {"accuracy_floor": 0.95}, "triggers": {"performance_metric_threshold": 0.95}},
        {"validation": {"min_improvement": 0, "accuracy_floor": 0.99}, "metric": {"name": "auc", "counts_rows": False}},
        {"triggers": {"performance_metric_threshold": 0.9523}},
        # If the metric is not the accuracy, or is not judged, its threshold says nothing about accuracies.
        {"triggers": {"performance_metric_threshold": 0.97}, "metric": {"name": "auc"}},
        {"triggers": {"performance_metric_threshold": 0.2, "performance_metric_direction": "lower_is_better"}},
        {"triggers": {"performance_metric_threshold": 0.97, "enabled": ["scheduled"]}},
        {"triggers": {"enabled": ["scheduled"]}, "drift": {"ignore": ["age", "plan"]}},
        {"drift": {"min_drifted_share": 1, "ignore": ["plan"]}},
        {"triggers": {"schedule_expression": "0 0 * * *"}},
        {"triggers": {"schedule_expression": "* * * * *", "enabled": ["data_drift"]}},
        {"triggers": {"schedule_expression": "0 0 29 2 *", "cool_down_hours": 8760}, "metric": {"name": "auc"}},
        {"triggers": {"max_back_off_days": 0, "cool_down_hours": 24}},
        {"triggers": {"observe_only": ["data_drift"]}, "validation": {"observe_only": ["min_improvement"]}},
        {"metric": PROMETHEUS, "triggers": {"min_data_points": 31}},
        {"triggers": {"min_data_points": 31}},
        {"metric": {**PROMETHEUS, "step_minutes": 4}},
        {"metric": {**PROMETHEUS, "step_minutes": 1}, "triggers": {"enabled": ["scheduled"]}},
        {"triggers": {"min_rows": 300}},
        {"triggers": {"min_rows": 40, "confidence": 0}},
        {"triggers": {"min_rows": 40, "enabled": ["performance_degradation"]}},
        {
            "metric": {"counts_rows": False},
            "triggers": {"performance_metric_scale": "number", "performance_metric_threshold": 92},
        },
        {"validation": {"guardrails": {"recall": 0.02, "log_loss": 2}}},
    ],
)
def test_a_rule_that_can_work_gets_no_warning(sections: dict[str, Any]) -> None:
    warnings = [warning for warning in warnings_of(a_policy(**sections)) if "max_back_off_days = 30" not in warning]
    assert warnings == []


LONG = {"strategy": "canary", "weights": [10, 50], "bake_minutes": 1440, "traffic": {"adapter": "router"}}
GAUGE = {"source": "prometheus", "gauge": "accuracy"}


@pytest.mark.parametrize(
    ("metric", "deployment", "field"),
    [
        ({}, LONG, "metric.version_dimension"),
        (GAUGE, LONG, "metric.version_label"),
        ({"version_dimension": "Version"}, LONG, None),
        ({**GAUGE, "version_label": "version"}, LONG, None),
        ({}, {**LONG, "bake_minutes": 60}, None),
        ({}, {**LONG, "strategy": "shadow", "weights": None}, None),
    ],
)
def test_a_metric_of_both_versions_over_a_long_rollout_gets_a_warning(
    metric: dict[str, Any], deployment: dict[str, Any], field: str | None
) -> None:
    given = {name: value for name, value in deployment.items() if value is not None}
    warned = [text for text in metric_warnings(a_policy(metric=metric, deployment=given)) if "both versions" in text]
    expected = f"deployment.strategy = 'canary' without {field}: for 2 days the metric is that of both versions, and "
    assert [text.startswith(expected) for text in warned] == ([True] if field else [])


@pytest.mark.parametrize(("days", "step"), [(7, 1), (8, 1), (90, 10), (90, 60)])
def test_a_watch_that_is_too_long_for_the_steps_of_its_metric_gets_a_warning(days: int, step: int) -> None:
    policy = a_policy(metric={**GAUGE, "step_minutes": step}, deployment={"watch_days": days})
    warned = [text for text in metric_warnings(policy) if "not judged to the end of its watch" in text]
    assert len(warned) == (days * 1440 / step > MAX_STEPS)
    assert all(text.startswith(f"deployment.watch_days = {days} with metric.step_minutes = {step}") for text in warned)


def test_a_champion_that_nothing_can_replace_gets_a_warning() -> None:
    (warning,) = warnings_with_champion(a_policy(), 0.96)
    assert warning.startswith(
        "validation.min_improvement = 0.05: the champion's accuracy was 0.9600 when it was deployed"
    )
    assert NEVER_BETTER in warning
    assert warnings_with_champion(a_policy(), 0.9523) == ()
    assert warnings_with_champion(a_policy(validation={"min_improvement": 0}), 1.0) == ()


@settings(deadline=None)
@given(st.floats(0.5, 1), st.floats(0, 1), st.floats(0, 1))
def test_no_accuracy_beats_a_champion_with_a_warning(champion: float, min_improvement: float, accuracy: float) -> None:
    policy = a_policy(validation={"min_improvement": min_improvement})
    if warnings_with_champion(policy, champion):
        comparison = a_comparison(accuracy, champion)
        assert not judge_min_improvement(policy, comparison)[0].met


@settings(deadline=None)
@given(policies())
def test_every_legal_policy_can_be_checked_for_warnings(policy: Policy) -> None:
    assert all(warning.isprintable() for warning in warnings_of(policy))


def test_slices_of_one_entity_each_are_never_judged() -> None:
    data = {**a_policy().data.model_dump(), "entity": "store", "slices": ("store", "plan")}
    assert warnings_of(a_policy(data=data)) == (
        "data.slices: names data.entity = 'store': each slice is one entity, and validation.min_entities = 50 are "
        "needed, so none is judged",
    )


ROUTER: dict[str, Any] = {"traffic": {"adapter": "router"}}
CLOUDWATCH: dict[str, Any] = {**ROUTER, "requests": {"source": "cloudwatch"}}
REQUIRED = {"labelled_quality": {"required": True}}
BUSINESS, DRIFT = {"business_metric": {"enabled": True}}, {"prediction_drift": {"enabled": True}}
AGREEMENT = {"agreement": {"enabled": True}}


@pytest.mark.parametrize(
    ("strategy", "section", "checks", "part"),
    [
        ("canary", CLOUDWATCH, REQUIRED, "labelled_quality.required: deployment.requests.source = 'cloudwatch' cannot"),
        ("bandit", CLOUDWATCH, REQUIRED, "cannot tell labels, so nothing is ever promoted"),
        ("blue_green", ROUTER, REQUIRED, "'blue_green' compares nothing, and promotes without them"),
        ("all_at_once", {}, REQUIRED, "'all_at_once' compares nothing, and promotes without them"),
        (
            "gradual",
            CLOUDWATCH,
            DRIFT,
            "source = 'cloudwatch' cannot tell scores, so nothing",
        ),
        ("canary", CLOUDWATCH, BUSINESS, "business_metric: deployment.requests names no metric of it, so"),
        ("canary", ROUTER, AGREEMENT, "agreement: is judged in a shadow only, not with strategy = 'canary'"),
        ("shadow", CLOUDWATCH, AGREEMENT, "agreement: deployment.requests.source = 'cloudwatch' cannot tell it"),
    ],
)
def test_live_checks_that_can_never_be_met_are_warned_of(
    strategy: str, section: dict[str, Any], checks: dict[str, Any], part: str
) -> None:
    deployment = {"strategy": strategy, "min_requests": 10, **section, "analysis": checks}
    assert any(part in warning for warning in warnings_of(a_policy(deployment=deployment)))


@pytest.mark.parametrize(
    "requests",
    [
        {"source": "cloudwatch", "business": "Revenue"},
        {
            "source": "prometheus",
            "requests_total": "requests_total",
            "errors_total": "errors_total",
            "business_total": "earned_total",
        },
    ],
    ids=["cloudwatch", "prometheus"],
)
def test_nor_does_a_business_metric_that_a_source_of_metrics_has(requests: dict[str, Any]) -> None:
    deployment = {"strategy": "canary", **ROUTER, "requests": requests, "analysis": BUSINESS}
    assert warnings_of(a_policy(deployment=deployment)) == ()


@pytest.mark.parametrize("checks", [{}, REQUIRED, DRIFT, BUSINESS])
def test_live_checks_that_the_prediction_log_can_meet_give_no_warning(checks: dict[str, Any]) -> None:
    deployment = {"strategy": "canary", **ROUTER, "analysis": checks}
    assert warnings_of(a_policy(deployment=deployment)) == ()


SHORT = {"bake_minutes": 120, "max_hold_minutes": 720}
NO_ERRORS = {"error_rate": {"enabled": False}}
WEEK = 7 * 24 * 60


def warned(days: int = 0, **deployment: Any) -> str:
    data = {**a_policy().data.model_dump(), "label_delay_days": days}
    return "\n".join(warnings_of(a_policy(data=data, deployment={"strategy": "canary", **ROUTER, **deployment})))


@pytest.mark.parametrize("checks", [REQUIRED, NO_ERRORS], ids=["required", "errors_off"])
def test_labels_that_are_needed_and_never_come_in_time_are_warned_of(checks: dict[str, Any]) -> None:
    text = warned(7, **SHORT, analysis=checks)
    assert "its last step ends after 14 hours at the latest, and labels that arrive after data.label_delay" in text
    assert "come too late for it, so nothing is ever promoted" in text


@pytest.mark.parametrize(
    ("hold", "part"),
    [
        (5, "only the answers of its first 5 minutes can have labels by then, because of data.label_delay_days = 7"),
        (59, "only the answers of its first 59 minutes"),
        (60, ""),
    ],
)
def test_labels_of_a_few_minutes_are_warned_of(hold: int, part: str) -> None:
    text = warned(7, weights=[50], bake_minutes=WEEK, max_hold_minutes=hold, analysis=REQUIRED)
    assert part in text
    assert ("its last step" in text) is bool(part)


def test_a_bandit_waits_for_no_label_beyond_its_time() -> None:
    bandit = {"strategy": "bandit", "max_hours": 168, "max_hold_minutes": WEEK}
    assert "come too late for it, so nothing is ever promoted" in warned(7, **bandit, analysis=REQUIRED)
    assert "labels" not in warned(6, **bandit, analysis=REQUIRED)


def test_labels_that_nobody_needs_only_come_too_late() -> None:
    assert "its last step lasts 2 hours, and labels that arrive after data.label_delay_days = 7" in warned(7, **SHORT)
    assert "come too late to judge it" in warned(7, **SHORT)
    assert "too late" not in warned(7, requests={"source": "cloudwatch"})


COUNTERS = {"source": "prometheus", "requests_total": "requests_total", "errors_total": "errors_total"}
MAX_MS = {"latency": {"max_ms": 250}}


@pytest.mark.parametrize("requests", [CLOUDWATCH["requests"], COUNTERS], ids=["cloudwatch", "prometheus"])
def test_what_metrics_do_not_count_is_warned_of(requests: dict[str, Any]) -> None:
    nothing = "so nothing is ever promoted"
    source = requests["source"]
    cannot = f"error_rate: does not count, and deployment.requests.source = '{source}' cannot tell labels, {nothing}"
    assert cannot in warned(requests=requests, analysis=NO_ERRORS)
    unknown = "latency.max_ms = 250: deployment.requests names no metric of latency"
    assert f"{unknown}, {nothing}" in warned(requests=requests, analysis=MAX_MS)
    assert f"{unknown}, so it is never judged" in warned(strategy="blue_green", requests=requests, analysis=MAX_MS)
    assert warned(requests=requests) == ""


@pytest.mark.parametrize(
    ("requests", "field"),
    [
        ({"source": "cloudwatch", "business": "Revenue"}, "deployment.requests.business = 'Revenue'"),
        ({**COUNTERS, "business_total": "earned_total"}, "deployment.requests.business_total = 'earned_total'"),
    ],
    ids=["cloudwatch", "prometheus"],
)
def test_a_value_that_nobody_judges_is_warned_of(requests: dict[str, Any], field: str) -> None:
    off = "deployment.analysis.business_metric is not enabled, so nobody judges it"
    assert warned(requests=requests) == f"{field}: {off}"


@pytest.mark.parametrize(
    ("quantile", "part"),
    [
        (0.97, "CloudWatch knows 0.5, 0.9, 0.95, 0.99, 0.999 and the maximum only, so 0.99 is judged in its place"),
        (0.6, "so 0.9 is judged in its place"),
        (0.95, ""),
    ],
)
def test_a_quantile_that_cloudwatch_does_not_know_is_warned_of(quantile: float, part: str) -> None:
    latency = {"latency": {"quantile": quantile}}
    text = warned(requests={"source": "cloudwatch", "latency": "Latency"}, analysis=latency)
    assert part in text
    assert bool(text) is bool(part)
    assert warned(requests={**COUNTERS, "latency_bucket": "seconds_bucket"}, analysis=latency) == ""


def test_a_step_that_is_longer_than_cloudwatch_keeps_minutes_is_warned_of() -> None:
    long = {"weights": [50], "bake_minutes": 17 * 24 * 60}
    cloudwatch = warned(requests=CLOUDWATCH["requests"], **long)
    assert (
        "a step lasts 17 days; CloudWatch keeps minutes for 15 days, so later counts of the step are wrong"
        in cloudwatch
    )
    assert "keeps minutes" not in warned(requests=COUNTERS, **long)
    assert "keeps minutes" not in warned(requests=CLOUDWATCH["requests"], weights=[50], bake_minutes=15 * 24 * 60)


def test_a_rollout_without_steps_counts_nothing() -> None:
    at_once = {"strategy": "all_at_once", "requests": {"source": "cloudwatch", "business": "Revenue"}}
    assert warned(7, **at_once, analysis=MAX_MS) == ""


@pytest.mark.parametrize("own", [{"trainer": "team.trees:fit"}, {"image": f"team/trees@sha256:{'a' * 64}"}])
def test_what_a_trainer_of_ones_own_takes_is_not_known(own: dict[str, str]) -> None:
    assert warnings_of(a_policy(training={"parameters": {"max_itr": 300}, **own})) == ()
