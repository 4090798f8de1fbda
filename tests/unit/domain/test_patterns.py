"""Nobody is shown a regular expression: each pattern of a field that people write has words."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from auto_retrain.domain.errors import PolicyInvalid
from auto_retrain.domain.patterns import in_words
from auto_retrain.domain.policy.policy import Policy


def patterns(schema: Any) -> Iterator[str]:
    if isinstance(schema, list):
        for part in schema:
            yield from patterns(part)
    elif isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"]
        yield from schema.get("patternProperties", {})
        for part in schema.values():
            yield from patterns(part)


@pytest.mark.parametrize("pattern", sorted(set(patterns(Policy.model_json_schema()))))
def test_every_pattern_of_a_policy_has_words(pattern: str) -> None:
    words = in_words(pattern)
    assert words.startswith("must be ")
    example = re.search(r"such as ([^,]+?)( or .*)?$", words)
    if example:
        assert re.search(pattern, example[1])


def test_a_wrong_value_is_explained_in_words() -> None:
    document = '{"model": "Churn_X", "owner": "a", "data": {"prefix": "/x", "row_id": "id", "label": "y"}}'
    with pytest.raises(PolicyInvalid) as raised:
        Policy.parse(document)
    assert "model = 'Churn_X': must be a-z, 0-9 and inner -, at most 40 characters" in str(raised.value)
    assert "must be a key prefix of letters" in str(raised.value)
    assert "[a-z" not in str(raised.value)


def test_a_pattern_without_words_is_not_shown_either() -> None:
    assert in_words("^[q]$") == "has a character that is not allowed here"
