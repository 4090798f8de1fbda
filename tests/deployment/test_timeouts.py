"""A state waits longer than its function may run, because a function's timeout is retried and a state's is not."""

import pytest
import yaml

from local.paths import ROOT
from tests.deployment.cloudformation import Template

STATES = yaml.safe_load((ROOT / "statemachine/retraining.asl.yaml").read_text())["States"]
DIRECT = {name: state for name, state in STATES.items() if str(state.get("Resource", "")).startswith("${")}


@pytest.mark.parametrize("name", DIRECT)
def test_a_state_outlasts_its_function_and_a_cold_start(template: Template, name: str) -> None:
    default = template.document["Globals"]["Function"]["Timeout"]
    timeout = template.functions[f"{name}Function"].get("Timeout", default)
    assert DIRECT[name]["TimeoutSeconds"] >= timeout + 30
