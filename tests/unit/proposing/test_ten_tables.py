"""Ten real tables get policies that apply without a change, and say what could not be known."""

import io
from functools import cache
from pathlib import Path

import pytest

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.cli.policy_files import read_policy_file
from auto_retrain.usecases.operating.policies import apply_planned, plan_policies
from auto_retrain.usecases.operating.propose_policy import Proposed, Request, propose_policy
from tests.unit.proposing.tables import TABLES

# The right label, where a person would see it in the table alone.
LABELS = dict.fromkeys(("iris", "wine", "breast_cancer", "diabetes", "digits"), "target")
ROW_IDS = {"planes": "tailnum", "airports": "faa"}


@cache
def proposed_for(name: str, **said: str) -> Proposed:
    request = Request(name.replace("_", "-"), "ada@example.com", sample=(f"{name}.csv", io.BytesIO(TABLES[name]())))
    return propose_policy(request._replace(**said), MemoryPorts())


@pytest.mark.parametrize("name", TABLES)
def test_the_policy_applies_without_a_change(name: str, tmp_path: Path) -> None:
    ports, file = MemoryPorts(), tmp_path / "policy.yaml"
    proposed = proposed_for(name)
    file.write_text(proposed.proposal.text)

    (applied,) = apply_planned(plan_policies([read_policy_file(file)], ports), "ada", ports)

    data = applied.policy.data
    roles = [data.row_id, data.label, *data.features, *([data.entity] if data.entity else [])]
    roles += [choice.value for choice in proposed.roles.left_out]
    columns = {column.name for column in proposed.sample.columns}
    assert columns <= set(roles), "each column has a role, or a reason why it has none"


@pytest.mark.parametrize("name", TABLES)
def test_what_is_only_a_guess_is_listed(name: str) -> None:
    proposed = proposed_for(name)
    listed = " ".join(proposed.proposal.to_check)
    assert (proposed.roles.label.value == LABELS.get(name)) or f"data.label = {proposed.roles.label.value}" in listed
    assert proposed.roles.row_id.value == ROW_IDS.get(name, "row_id")
    assert f"data.row_id = {proposed.roles.row_id.value}" in listed


def test_numbers_with_many_values_are_predicted_as_numbers() -> None:
    assert proposed_for("diabetes").roles.task == "regression"
    assert proposed_for("digits").roles.task == "classification"
    assert proposed_for("linnerud").roles.task == "regression", "20 rows with 11 values are no classes"


def test_aircraft_that_fly_again_and_again_are_entities_and_origins_are_slices() -> None:
    roles = proposed_for("flights", label="arr_delay").roles
    assert roles.entity is not None
    assert roles.entity.value == "tailnum"
    assert [choice.value for choice in roles.slices] == ["origin"]
    assert {"year", "time_hour"} <= {choice.value for choice in roles.left_out}
