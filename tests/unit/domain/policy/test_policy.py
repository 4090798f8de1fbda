"""Policies refuse invalid values, and say which field, which value and what is allowed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from auto_retrain.domain.errors import PolicyInvalid
from auto_retrain.domain.policy.data import DataPolicy, DriftPolicy
from auto_retrain.domain.policy.metric import PrometheusMetric
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.policy.training import TrainingPolicy
from auto_retrain.domain.policy.triggers import TriggerConfig
from auto_retrain.domain.policy.validation import ValidationPolicy
from local.paths import ROOT

DATA: dict[str, Any] = {"prefix": "gl/001", "row_id": "id", "label": "y", "numeric": ["a"], "categorical": ["b"]}
LABELS = {"prefix": "labels", "row_id": "id", "label": "y"}
GAUGE = {"source": "prometheus", "gauge": "accuracy"}
VALID: dict[str, Any] = {"model": "gl-001", "owner": "team@example.com", "data": DATA}


def parse(**changes: Any) -> Policy:
    return Policy.parse(json.dumps({**VALID, **changes}))


def refusal(**changes: Any) -> str:
    with pytest.raises(PolicyInvalid) as caught:
        parse(**changes)
    return str(caught.value)


def with_field(section: str, field: str, value: Any) -> dict[str, Any]:
    """A policy document in which one field is set."""
    needed = {"data": DATA, "metric": GAUGE}.get(section, {})
    return {section: {**needed, field: value}}


def test_the_defaults_are_those_of_the_specification() -> None:
    policy = parse()
    assert policy.triggers.performance_metric_threshold == 0.92
    assert policy.triggers.drift_threshold == 0.25
    assert policy.triggers.schedule_expression == "0 0 * * 0"
    assert policy.triggers.evaluation_window_days == 30
    assert policy.triggers.training_window_days == 180
    assert policy.validation.accuracy_floor == 0.85
    assert policy.validation.min_improvement == 0.05


def test_a_policy_survives_being_stored_as_json() -> None:
    policy = parse(training={"parameters": {"max_depth": 3, "layers": [1, 2]}})
    assert Policy.parse(policy.model_dump_json()) == policy


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"modle": "x"}, "modle: unknown field; did you mean 'model'?"),
        ({"triggers": {"drift_treshold": 1}}, "triggers.drift_treshold: unknown field; did you mean 'drift_threshold'"),
        ({"metric": {"nmae": "x"}}, "metric.nmae: unknown field; did you mean 'name'?"),
        ({"metric": {"source": "cloudwatch", "gauge": "x"}}, "metric.gauge: unknown field; allowed are source, name"),
        ({"metric": {"source": "prometheus", "guage": "x"}}, "metric.guage: unknown field; did you mean 'gauge'?"),
        ({"data": {**DATA, "label_delay": 3}}, "data.label_delay: unknown field; did you mean 'label_delay_days'?"),
        ({"data": {**DATA, "labels": {**LABELS, "prefx": 1}}}, "labels.prefx: unknown field; did you mean 'prefix'?"),
        ({"drift": {"ignored": []}}, "drift.ignored: unknown field; did you mean 'ignore'?"),
        ({"training": {"sede": 1}}, "training.sede: unknown field; did you mean 'seed'?"),
        ({"validation": {"accuracy_flor": 1}}, "accuracy_flor: unknown field; did you mean 'accuracy_floor'"),
        ({"zzz": 1}, "zzz: unknown field; allowed are model, owner, triggers"),
        ({"task": "regression"}, "task: unknown field; did you mean 'data.task'?"),
        ({"min_improvement": 0}, "min_improvement: unknown field; did you mean 'validation.min_improvement'?"),
        ({"a\nb": 1}, r"'a\nb': unknown field"),
    ],
)  # fmt: skip
def test_an_unknown_field_is_refused_with_a_similar_one_or_with_all_that_exist(
    document: dict[str, Any], message: str
) -> None:
    assert message in refusal(**document)


SECTIONS: dict[str, type[BaseModel]] = {
    "triggers": TriggerConfig,
    "metric": PrometheusMetric,
    "data": DataPolicy,
    "drift": DriftPolicy,
    "training": TrainingPolicy,
    "validation": ValidationPolicy,
}


NUMBERS = [
    (section, name)
    for section, model in SECTIONS.items()
    for name, field in model.model_fields.items()
    if field.annotation in (int, float)
]


INVALID_NUMBERS: dict[str, Any] = {
    "text": "0.9",
    "a boolean": True,
    "nothing": None,
    "not a number": float("nan"),
    "infinity": float("inf"),
    "minus infinity": float("-inf"),
    "too large": 1e308,
    "larger than any float": 10**400,
    "negative": -1,
    "a list": [0.9],
    "an object": {"value": 0.9},
}


@pytest.mark.parametrize("kind", INVALID_NUMBERS)
@pytest.mark.parametrize(("section", "field"), NUMBERS)
def test_a_value_that_is_not_a_number_within_bounds_is_refused(section: str, field: str, kind: str) -> None:
    message = refusal(**with_field(section, field, INVALID_NUMBERS[kind]))
    assert message.startswith((f"{section}.{field} = ", "Invalid JSON")), message
    assert ": " in message


@pytest.mark.parametrize(
    ("section", "field", "value", "allowed"),
    [
        ("triggers", "performance_metric_threshold", 92, "must be between 0 and 1, exclusive"),
        ("triggers", "performance_metric_threshold", 0, "must be between 0 and 1"),
        ("triggers", "performance_metric_threshold", 1, "must be between 0 and 1"),
        ("triggers", "drift_threshold", -0.1, "greater than 0"),
        ("triggers", "drift_threshold", -0.0, "greater than 0"),
        ("triggers", "drift_threshold", 10.5, "less than or equal to 10"),
        ("triggers", "evaluation_window_days", 0, "greater than or equal to 1"),
        ("triggers", "evaluation_window_days", 366, "less than or equal to 365"),
        ("triggers", "evaluation_window_days", 1_000_000, "less than or equal to 365"),
        ("triggers", "evaluation_window_days", 30.5, "must be a whole number"),
        ("triggers", "evaluation_window_days", 30.0, "must be a whole number"),
        ("triggers", "training_window_days", 6, "greater than or equal to 7"),
        ("triggers", "training_window_days", 731, "less than or equal to 730"),
        ("triggers", "confidence", 1, "less than 1"),
        ("triggers", "enabled", ["whim"], "'performance_degradation'"),
        ("triggers", "enabled", ["manual"], "'performance_degradation'"),
        ("triggers", "enabled", "scheduled", "must be a list"),
        ("triggers", "alarms", [""], "at least 1 character"),
        ("data", "format", "json", "'csv' or 'parquet'"),
        ("data", "labels", "elsewhere", "must be a mapping"),
        ("data", "min_label_share", 90, "less than or equal to 1"),
        ("drift", "weights", {"a": -1}, "greater than or equal to 0"),
        ("drift", "weights", {"a": "1"}, "must be a number"),
        ("validation", "accuracy_floor", 0.84, "greater than or equal to 0.85"),
        ("validation", "accuracy_floor", 0.8499999999999999, "greater than or equal to 0.85"),
        ("validation", "accuracy_floor", 1, "less than 1"),
        ("validation", "accuracy_floor", 85, "less than 1"),
        ("validation", "min_improvement", -0.01, "greater than or equal to 0"),
        ("validation", "min_improvement", 5, "less than or equal to 1"),
        ("training", "trainer", "os.system", "must be "),
        ("training", "memory", "a lot", "must be "),
        ("training", "seed", -1, "greater than or equal to 0"),
    ],
)
def test_an_invalid_value_is_refused_with_the_field_the_value_and_what_is_allowed(
    section: str, field: str, value: Any, allowed: str
) -> None:
    message = refusal(**with_field(section, field, value))
    assert message.startswith(f"{section}.{field}")
    assert " = " in message
    assert allowed in message


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [float("nan")], {"a": float("nan")}])
def test_a_parameter_that_is_not_valid_json_is_refused(value: Any) -> None:
    assert refusal(training={"parameters": {"rate": value}}) == "training.parameters: must not contain NaN or infinity"


def test_parameters_too_large_for_a_container_are_refused() -> None:
    message = "training.parameters: 16011 characters of JSON; at most 16000 are allowed"
    assert refusal(training={"parameters": {"big": "x" * 16_000}}) == message


def test_a_long_value_is_shortened_in_the_message() -> None:
    assert len(refusal(owner="x" * 100_000)) < 200


@pytest.mark.parametrize(
    "expression",
    ["", " ", "0 0 * *", "0 0 * * * *", "0 0 0 * * *", "61 0 * * 0", "0 24 * * 0", "0 0 31 2 *", "0 0 30 2 *",
     "0 0 * 13 *", "0 0 * * 8", "*/0 * * * *", "@daily", "rate(7 days)", "cron(0 0 ? * SUN *)", "a b c d e",
     "0 0 * * 0" + ",0" * 200, "-1 0 * * 0"],
)  # fmt: skip
def test_an_expression_that_never_fires_is_refused(expression: str) -> None:
    assert refusal(triggers={"schedule_expression": expression}).startswith("triggers.schedule_expression = ")


@pytest.mark.parametrize("expression", ["* * * * *", "0 0 29 2 *", "0 9 * * MON-FRI", "0 0 1 */3 *", "0 0 L * *"])
def test_an_expression_that_fires_is_accepted(expression: str) -> None:
    assert parse(triggers={"schedule_expression": expression}).triggers.schedule_expression == expression


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "/etc/localtime", "Europe", "a\0b", "x" * 5000])
def test_an_unknown_time_zone_is_refused_with_an_example(name: str) -> None:
    message = refusal(triggers={"time_zone": name})
    assert message.startswith("triggers.time_zone = ")
    assert "is not an IANA time zone, such as 'UTC' or 'Europe/Berlin'" in message


@pytest.mark.parametrize(
    "name",
    ["", "A", "a_b", "-a", "a-", ".", "..", "a/b", "a:b", "a%2fb", "a b", "a\n", "a\0", "'", '"', "{}", "`a`",
     "$(a)", "ä", "e\u0301", "🙂", "\u202ea", "\u0441hurn", "\uff43hurn", "churn\u200b", "a" * 41, "a" * 300],
)  # fmt: skip
def test_a_model_name_that_is_unsafe_or_looks_like_another_is_refused(name: str) -> None:
    message = refusal(model=name)
    assert message.startswith("model = ")
    assert message.replace("…", "").isascii()


def test_a_look_alike_letter_is_shown_as_its_code_point() -> None:
    assert r"model = '\u0441hurn'" in refusal(model="\u0441hurn")


@pytest.mark.parametrize("given", [5, True, None, ["churn"], {"name": "churn"}])
def test_a_model_name_that_is_not_text_is_refused(given: Any) -> None:
    assert "model = " in refusal(model=given)


@pytest.mark.parametrize(
    "prefix",
    ["", "/a", "..", "../a", "./a", "a/../b", "a/..", "a//b", "a b", "~/a", "a\\b", "%2e%2e/a", "a\n", "a\0",
     "C:/a", "s3://bucket/a", "a" * 256, "\u0430"],
)  # fmt: skip
def test_a_data_prefix_that_leaves_its_folder_is_refused(prefix: str) -> None:
    assert refusal(data={**DATA, "prefix": prefix}).startswith("data.prefix = ")
    assert refusal(data={**DATA, "labels": {**LABELS, "prefix": prefix}}).startswith("data.labels.prefix = ")


@pytest.mark.parametrize("source", ["graphite", "CloudWatch", "", None, 5, ["cloudwatch"], {"a": 1}])
def test_an_unknown_metric_source_is_refused_with_those_that_exist(source: Any) -> None:
    assert (
        refusal(metric={"source": source})
        == f"metric.source = {source!a}: must be 'cloudwatch', 'prometheus' or 'prediction_log'"
    )


@pytest.mark.parametrize("metric", [5, "cloudwatch", None, ["cloudwatch"]])
def test_a_metric_that_is_not_an_object_is_refused(metric: Any) -> None:
    assert refusal(metric=metric) == f"metric = {metric!a}: must be 'cloudwatch', 'prometheus' or 'prediction_log'"


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ({"name": ""}, "metric.name = '': must have at least 1 character"),
        ({"dimensions": {"Model": "x"}}, "metric: dimensions.Model: is set to the model's name; leave it out"),
        (
            {"version_dimension": "Version", "dimensions": {"Version": "2"}},
            "metric: dimensions.Version: is set to the version that serves; leave it out",
        ),
        ({"version_dimension": "Model"}, "metric: version_dimension: must not be 'Model', which names the model"),
        (
            {"version_dimension": "Version", "dimensions": {f"d{number}": "x" for number in range(29)}},
            "metric: dimensions: at most 28 beside version_dimension",
        ),
        ({**GAUGE, "version_label": "model"}, "metric: version_label: must not be 'model', which names the model"),
        ({**GAUGE, "version_label": "v", "labels": {"v": "2"}}, "metric: labels.v: is set to the version that serves"),
        ({**GAUGE, "version_label": "a-b"}, "metric.version_label = 'a-b': must be "),
        ({"dimensions": {"": "x"}}, "metric.dimensions.'' = '': must have at least 1 character"),
        ({"dimensions": {"stage": 5}}, "metric.dimensions.stage = 5: must be a text"),
        ({"aggregation": "median"}, "aggregation = 'median': must be 'mean', 'minimum', 'maximum' or 'latest'"),
        ({"source": "prometheus"}, "metric: needs either 'gauge', or 'correct_total' and 'labelled_total'"),
        ({"source": "prometheus", "correct_total": "a"}, "metric: needs either 'gauge', or"),
        ({**GAUGE, "labelled_total": "a"}, "metric: needs either 'gauge', or"),
        ({**GAUGE, "gauge": 'a{b="c"}'}, "metric.gauge = 'a{b=\"c\"}': must be "),
        ({**GAUGE, "labels": {'x"} or up{a="': "y"}}, "metric.labels.'x\"} or up{a=\"' = "),
        ({**GAUGE, "labels": {"model": "y"}}, "metric: labels.model: is set to the model's name"),
        ({**GAUGE, "step_minutes": 0}, "metric.step_minutes = 0: must be greater than or equal to 1"),
    ],
)  # fmt: skip
def test_a_metric_that_cannot_be_queried_is_refused(metric: dict[str, Any], message: str) -> None:
    assert message in refusal(metric=metric)


def test_a_column_cannot_have_two_roles() -> None:
    assert "data: a column can have only one role; named more than once: y" in refusal(data={**DATA, "numeric": ["y"]})


def test_a_model_needs_a_feature() -> None:
    assert "data: needs at least one feature" in refusal(data={**DATA, "numeric": [], "categorical": []})


@pytest.mark.parametrize("drift", [{"ignore": ["zzz"]}, {"weights": {"zzz": 1}}])
def test_drift_can_only_name_features(drift: dict[str, Any]) -> None:
    assert refusal(drift=drift) == "drift names columns that are not features: zzz"


def test_more_breach_days_than_the_window_has_are_refused() -> None:
    message = "triggers: breach_days = 3: must be at most breach_window_days (2)"
    assert refusal(triggers={"breach_days": 3, "breach_window_days": 2}) == message


def test_several_problems_are_reported_together() -> None:
    message = refusal(owner="", triggers={"drift_threshold": -1}, data={**DATA, "row_id": None})
    assert message.count("; ") == 2
    for field in ("owner = ''", "triggers.drift_threshold = -1", "data.row_id = None"):
        assert field in message


@pytest.mark.parametrize("document", ["", "null", "[]", "5", '"churn"', "{", "{}", '{"model": "a"}'])
def test_a_document_that_is_not_a_policy_is_refused(document: str) -> None:
    with pytest.raises(PolicyInvalid):
        Policy.parse(document)


@given(st.floats())
def test_no_number_lowers_the_floor(value: float) -> None:
    try:
        policy = parse(validation={"accuracy_floor": value})
    except PolicyInvalid:
        return
    assert 0.85 <= policy.validation.accuracy_floor < 1


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
                    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below, max_size=3),
                    max_leaves=8))  # fmt: skip
def test_any_section_is_either_accepted_or_refused_by_name(value: Any) -> None:
    for section in SECTIONS:
        problem = problem_with(section, value)
        assert problem is None or section in problem or "Invalid JSON" in problem


def problem_with(section: str, value: Any) -> str | None:
    try:
        parse(**{section: value})
    except PolicyInvalid as error:
        return str(error)
    return None


def test_a_trigger_config_can_be_built_in_python() -> None:
    assert TriggerConfig(performance_metric_threshold=0.9).performance_metric_threshold == 0.9


@given(st.one_of(st.floats(), st.integers(), st.text(max_size=5), st.none(), st.booleans(), st.lists(st.floats())))
def test_no_policy_has_a_floor_below_the_minimum(floor: Any) -> None:
    try:
        policy = parse(validation={"accuracy_floor": floor})
    except PolicyInvalid:
        return
    assert 0.85 <= policy.validation.accuracy_floor < 1


def test_no_setting_of_the_deployment_affects_the_floors() -> None:
    template = (ROOT / "template.yaml").read_text().lower()
    assert "floor" not in template


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"validation": {"primary_metric": "rmse"}},
            "validation.primary_metric = 'rmse': is a regression metric, but data.task is",
        ),
        ({"validation": {"guardrails": {"mae": 1.0}}}, "validation.guardrails = 'mae': is a regression metric"),
        ({"validation": {"guardrails": {"recal": 0.1}}}, "guardrails"),
        ({"validation": {"primary_metric": "row_metric"}}, "row_metric: required when primary_metric or guardrails"),
        ({"validation": {"improvement_basis": "any"}}, "improvement_basis = 'any'"),
        ({"validation": {"min_improvement": 2.0}}, "validation.min_improvement = 2.0: must be less than or equal to 1"),
    ],
)
def test_contradictory_rules_of_validation_are_refused(changes: dict[str, Any], message: str) -> None:
    assert message in refusal(**changes)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"slices": ["b", "b"]}, "slices: must not name a column twice"),
        ({"slices": ["a"]}, "entity and slices: need text columns that have no other role, not a"),
        ({"entity": "id"}, "entity and slices: need text columns that have no other role, not id"),
        ({"task": "regression", "positive_label": "yes"}, "task 'regression' has no classes"),
        ({"task": "ranking"}, "data.task = 'ranking'"),
        ({"tolerate": ["everything"]}, "data.tolerate"),
    ],
)
def test_columns_that_do_not_fit_their_roles_are_refused_by_name(data: dict[str, Any], message: str) -> None:
    assert message in refusal(data={**DATA, **data})


def test_areas_do_not_compare_slices_in_parts() -> None:
    data = {**DATA, "parts": 2, "slices": ["plan"]}
    message = (
        "validation.primary_metric = 'pr_auc': cannot compare slices of a holdout in parts; take log_loss or "
        "brier_score, leave out data.slices, or set data.parts: 1"
    )
    assert message in refusal(data=data, validation={"primary_metric": "pr_auc"})
    assert parse(data=data, validation={"primary_metric": "log_loss"}).data.parts == 2
    assert parse(data={**data, "parts": 1}, validation={"primary_metric": "pr_auc"}).data.slices == ("plan",)


def test_a_proxy_reads_no_window_in_parts() -> None:
    assert parse(data={**DATA, "parts": 2}).data.parts == 2
    assert "data.parts = 2: a proxy predicts the whole holdout in one pod" in refusal(
        data={**DATA, "parts": 2}, training={"proxy": {}}
    )
