"""Whoever waits, waits longer than what it waits for may take; otherwise a timeout hides the reason."""

import pytest
import yaml

from auto_retrain.adapters import aws, http
from auto_retrain.adapters.channels import http_post
from auto_retrain.adapters.kubernetes.access import api
from local.paths import ROOT
from tests.deployment.cloudformation import FUNCTIONS, Template

STATES = yaml.safe_load((ROOT / "statemachine/retraining.asl.yaml").read_text())["States"]
DIRECT = {name: state for name, state in STATES.items() if str(state.get("Resource", "")).startswith("${")}
COLD_START = 10


def timeout_of(template: Template, function: str) -> int:
    timeout = template.functions[function].get("Timeout", template.document["Globals"]["Function"]["Timeout"])
    assert isinstance(timeout, int)
    return timeout


@pytest.mark.parametrize("name", DIRECT)
def test_a_state_outlasts_its_function_because_only_the_functions_timeout_is_retried(
    template: Template, name: str
) -> None:
    assert DIRECT[name]["TimeoutSeconds"] >= timeout_of(template, f"{name}Function") + 30


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_outlasts_a_call_to_whatever_does_not_answer(
    template: Template, function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    config = aws.aws_client("dynamodb").meta.config
    longest = {
        "AWS": config.retries["total_max_attempts"] * (config.connect_timeout + config.read_timeout),
        "Kubernetes": api.PATIENCE_SECONDS + http.ANSWER_SECONDS,
        "Prometheus": http.ANSWER_SECONDS,
        "Slack": http_post.ANSWER_SECONDS,
    }
    assert timeout_of(template, function) >= max(longest.values()) + COLD_START
