"""Generates legal policies for property tests."""

from typing import Any

from hypothesis import strategies as st

from auto_retrain.domain.policy.policy import Policy
from tests.unit.builders import a_policy

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(TEXT, below, max_size=3),
    max_leaves=6,
)
TRIGGERS = st.fixed_dictionaries(
    {},
    optional={
        "enabled": st.lists(st.sampled_from(["performance_degradation", "data_drift", "scheduled"]), unique=True),
        "performance_metric_threshold": st.floats(0.01, 0.99),
        "drift_threshold": st.floats(0.01, 10),
        "schedule_expression": st.sampled_from(["0 0 * * 0", "*/5 * * * *", "* * * * *", "30 2 1 * *", "0 0 29 2 *"]),
        "time_zone": st.sampled_from(["UTC", "Europe/Berlin", "Australia/Lord_Howe"]),
        "alarms": st.lists(TEXT, max_size=2),
        "evaluation_window_days": st.integers(1, 365),
        "confidence": st.floats(0, 0.99),
        "min_rows": st.integers(0, 1000),
        "min_data_points": st.integers(1, 10_000),
        "cool_down_hours": st.integers(0, 8760),
        "daily_cap": st.integers(1, 24),
        "monthly_cap": st.integers(1, 200),
        "max_back_off_days": st.integers(0, 365),
    },
)
METRICS = st.one_of(
    st.fixed_dictionaries({}, optional={"name": TEXT, "counts_rows": st.booleans(), "label_share": TEXT}),
    st.fixed_dictionaries(
        {"source": st.just("prometheus"), "gauge": st.just("accuracy")},
        optional={"step_minutes": st.integers(1, 1440), "labels": st.dictionaries(st.just("job"), TEXT)},
    ),
)
DATA = st.fixed_dictionaries(
    {"prefix": st.just("churn"), "row_id": st.just("id"), "label": st.just("left"), "numeric": st.just(["age", "fee"])},
    optional={
        "positive_label": TEXT,
        "labels": st.fixed_dictionaries({"prefix": st.just("labels"), "row_id": TEXT, "label": TEXT}),
        "label_delay_days": st.integers(0, 365),
    },
)
DRIFT = st.fixed_dictionaries(
    {},
    optional={
        "ignore": st.lists(st.sampled_from(["age", "fee"]), unique=True),
        "weights": st.dictionaries(st.sampled_from(["age", "fee"]), st.floats(0, 100)),
        "min_drifted_share": st.floats(0, 1),
    },
)
VALIDATION = st.fixed_dictionaries(
    {}, optional={"accuracy_floor": st.floats(0.85, 0.99), "min_improvement": st.floats(0, 1)}
)

_ROUTER = st.fixed_dictionaries({"adapter": st.just("router")})
_BAKE = {"bake_minutes": st.integers(1, 600), "max_hold_minutes": st.integers(5, 43_200)}
_WEIGHTS = st.lists(st.integers(1, 99), min_size=1, max_size=8, unique=True).map(sorted)
_SHARES = {"min_share": st.integers(5, 20), "max_share": st.integers(21, 50)}


def _deployment(strategy: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"strategy": st.just(strategy), "traffic": _ROUTER}, optional=fields)


DEPLOYMENTS = {
    "all_at_once": st.fixed_dictionaries({}, optional={"strategy": st.just("all_at_once")}),
    "canary": _deployment("canary", weights=_WEIGHTS, **_BAKE),
    "gradual": _deployment("gradual", start=st.integers(1, 99), step=st.integers(2, 99), **_BAKE),
    "blue_green": _deployment("blue_green", min_requests=st.integers(1, 1000), **_BAKE),
    "shadow": _deployment("shadow", mirror_share=st.integers(1, 100), **_BAKE),
    "bandit": _deployment("bandit", max_hours=st.integers(25, 50), update_minutes=st.integers(10, 1440), **_SHARES),
}


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Any legal policy for the model `churn`."""
    sections: dict[str, Any] = {
        "owner": draw(TEXT),
        "triggers": draw(TRIGGERS),
        "metric": draw(METRICS),
        "data": draw(DATA),
        "drift": draw(DRIFT),
        "training": {"parameters": draw(st.dictionaries(TEXT, JSON, max_size=3))},
        "validation": draw(VALIDATION),
        "deployment": draw(st.one_of(*DEPLOYMENTS.values())),
    }
    return a_policy(**sections)
