"""Derived names fit everywhere and do not collide by accident."""

import re

from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.names import MODEL_NAME_PATTERN, execution_name, job_id, kubernetes_job_name

models = st.from_regex(re.compile(MODEL_NAME_PATTERN), fullmatch=True).filter(lambda name: "\n" not in name)


@given(models, st.text(max_size=200))
def test_names_fit_the_limits_of_kubernetes_and_step_functions(model: str, arn: str) -> None:
    job = job_id(model, arn)
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", kubernetes_job_name(job, "score"))
    assert len(kubernetes_job_name(job, "train")) <= 63
    assert len(execution_name(model, "performance_degradation", arn)) <= 80


def test_the_same_trigger_gives_the_same_name_and_another_moment_a_different_one() -> None:
    first = execution_name("churn", "scheduled", "2026-03-01")
    assert first == execution_name("churn", "scheduled", "2026-03-01")
    assert first != execution_name("churn", "scheduled", "2026-03-02")


def test_parts_that_look_the_same_when_joined_give_different_names() -> None:
    assert job_id("a-b", "c") != job_id("a", "b-c")
