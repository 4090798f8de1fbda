"""Package and container import nothing from each other; what both need is in each of them, word for word."""

import pytest

from local.paths import CORE, ROOT

PACKAGE, CONTAINER = CORE / "auto_retrain", ROOT / "functions" / "train_model"
COPIES = [
    "domain/canonical_text.py",
    "adapters/data/arrow_values.py",
    "adapters/data/csv_header.py",
    "adapters/data/formats.py",
    "adapters/data/row_days.py",
]


@pytest.mark.parametrize("path", COPIES)
def test_a_file_that_both_have_is_the_same_in_both(path: str) -> None:
    original = PACKAGE / path
    copy = CONTAINER / original.name
    expected = original.read_text().replace("from ...domain.", "from .")
    assert copy.read_text() == expected, f"change both: copy {path} to functions/train_model/"
