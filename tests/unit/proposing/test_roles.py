"""Roles that are proposed for columns, whatever a table looks like."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.columns import ColumnFacts, Sample
from auto_retrain.domain.metric_kinds import Task
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.proposing.policy_text import Subject, write_proposal
from auto_retrain.proposing.roles import Known, propose_roles

ROWS = 1000
SUBJECT = Subject("churn", "ada", "churn", None, "dev")


def column(name: str, kind: Any = "number", distinct: int = 500, missing: int = 0, **rows: int) -> ColumnFacts:
    levels = tuple(rows.items()) or tuple((f"v{n}", ROWS // max(distinct, 1)) for n in range(min(distinct, 50)))
    return ColumnFacts(name, kind, ROWS, missing, distinct, levels)


def sample(*columns: ColumnFacts) -> Sample:
    return Sample("rows.csv", "csv", ROWS, columns)


CUSTOMERS = sample(
    column("customer_id", "whole", ROWS),
    column("plan", "text", 3),
    column("age", "whole", 60),
    column("signed_up", "time", 300),
    column("left", "boolean", 2, true=100, false=900),
)


def test_a_table_of_customers_gets_the_roles_that_a_person_would_choose() -> None:
    roles = propose_roles(CUSTOMERS, Known())
    assert (roles.row_id.value, roles.label.value, roles.task) == ("customer_id", "left", Task.CLASSIFICATION)
    assert roles.positive_label is not None
    assert roles.positive_label.value == "true"
    assert [choice.value for choice in roles.numeric] == ["age"]
    assert [choice.value for choice in roles.categorical] == ["plan"]
    assert [(choice.value, choice.reason) for choice in roles.left_out] == [
        ("signed_up", "a time; derive features from it before")
    ]
    assert not roles.row_id.is_guess
    assert not roles.label.is_guess


@pytest.mark.parametrize("name", ["customerId", "Customer ID", "CUSTOMER-ID", "uuid", "order_no", "Unnamed: 0"])
def test_an_id_is_known_by_its_name_however_it_is_written(name: str) -> None:
    roles = propose_roles(sample(column(name, "whole", ROWS), column("age"), column("y", "whole", 2)), Known())
    assert roles.row_id.value == name
    assert not roles.row_id.is_guess


def test_an_id_that_repeats_identifies_no_row() -> None:
    table = sample(column("customer_id", "whole", ROWS - 1), column("age"), column("y", "whole", 2))
    roles = propose_roles(table, Known())
    assert roles.row_id.is_guess
    assert "add one to the data" in roles.row_id.reason


def test_customers_who_come_back_are_entities_and_no_features() -> None:
    table = sample(
        column("id", "whole", ROWS), column("customer_id", "whole", 100), column("x"), column("y", "whole", 2)
    )
    roles = propose_roles(table, Known())
    assert roles.entity is not None
    assert (roles.entity.value, roles.entity.reason) == ("customer_id", "100 values, each in 10 rows on average")
    assert [choice.value for choice in roles.numeric] == ["x"]


def test_what_a_person_says_and_the_signature_count_more_than_names() -> None:
    known = Known(label="plan", inputs=("age", "signed_up"))
    roles = propose_roles(CUSTOMERS, known)
    assert roles.label.value == "plan"
    assert [choice.value for choice in (*roles.numeric, *roles.categorical)] == ["age", "signed_up"]
    assert ("left", "not an input of the model") in [(choice.value, choice.reason) for choice in roles.left_out]


def test_the_only_column_that_is_no_input_is_the_label() -> None:
    table = sample(column("id", "whole", ROWS), column("a"), column("b"), column("c"))
    roles = propose_roles(table, Known(inputs=("a", "b")))
    assert roles.label.value == "c"
    assert roles.task is Task.REGRESSION


def test_a_label_of_which_the_sample_has_one_value_is_still_the_label_and_is_listed_first() -> None:
    table = sample(
        column("age"), column("cancelled", "text", 1, no=ROWS), column("paid", "text", 0), column("postcode", "text", 9)
    )
    roles = propose_roles(table, Known())
    assert roles.label.value == "cancelled"
    assert roles.label.is_guess
    first, *_ = write_proposal(SUBJECT, table, roles).to_check
    assert first == (
        "data.label = cancelled: the name is that of a label, but all 1000 rows of the sample have the same value "
        "('no'); give rows with others in --sample, or another --label"
    )


def test_a_label_without_any_value_is_named_as_well() -> None:
    roles = propose_roles(sample(column("age"), column("target", "text", 0, ROWS), column("z", "text", 9)), Known())
    assert roles.label.value == "target"
    assert "but no row of the sample has a value" in roles.label.reason


def test_a_label_with_several_values_is_preferred_to_one_with_a_single_value() -> None:
    table = sample(column("age"), column("cancelled", "text", 1), column("outcome", "text", 3))
    assert propose_roles(table, Known()).label == ("outcome", "the name is that of a label", False)


def test_codes_are_categories_although_they_look_like_numbers() -> None:
    table = sample(column("id", "whole", ROWS), column("zip_code", "whole", 90), column("y", "whole", 2))
    assert [choice.value for choice in propose_roles(table, Known()).categorical] == ["zip_code"]


def test_a_rare_class_is_judged_by_more_than_accuracy() -> None:
    text = write_proposal(SUBJECT, CUSTOMERS, propose_roles(CUSTOMERS, Known())).text
    assert 'Class "true"' not in text
    rare = sample(*CUSTOMERS.columns[:-1], ColumnFacts("left", "boolean", ROWS, 0, 2, (("false", 970), ("true", 30))))
    text = write_proposal(SUBJECT, rare, propose_roles(rare, Known())).text
    assert 'Class "false" has 97 % of the rows' in text
    assert "primary_metric: balanced_accuracy" in text


NAMES = st.text(min_size=0, max_size=140) | st.sampled_from(
    ["id", "label", "no", "true", "null", "#", "a: b", "- x", "'"]
)
KINDS: Any = st.sampled_from(["whole", "number", "boolean", "text", "time", "other"])


@st.composite
def tables(draw: Callable[[Any], Any]) -> Sample:
    columns = []
    for name in draw(st.lists(NAMES, min_size=1, max_size=8, unique=True)):
        kind = draw(KINDS)
        missing = draw(st.integers(0, ROWS))
        distinct = 0 if kind == "other" else draw(st.integers(0, ROWS - missing))
        levels = draw(st.lists(st.tuples(st.text(max_size=5), st.integers(1, ROWS)), max_size=min(distinct, 5)))
        columns.append(ColumnFacts(name, kind, ROWS, missing, distinct, tuple(levels)))
    return Sample(draw(st.text(max_size=10)), "csv", ROWS, tuple(columns))


@given(tables())
def test_whatever_a_table_is_like_its_policy_can_be_read_and_applied(table: Sample) -> None:
    roles = propose_roles(table, Known())
    text = write_proposal(SUBJECT, table, roles).text
    document = yaml.safe_load(text)
    if not (roles.numeric or roles.categorical):
        return  # refused before anything is written
    policy = Policy.parse(json.dumps(document))
    assert policy.data.row_id == roles.row_id.value
    assert policy.data.features == tuple(choice.value for choice in (*roles.numeric, *roles.categorical))


def test_the_text_is_plain_yaml(tmp_path: Path) -> None:
    text = write_proposal(SUBJECT, CUSTOMERS, propose_roles(CUSTOMERS, Known())).text
    assert yaml.safe_load(text)["data"]["slices"] == ["plan"]
