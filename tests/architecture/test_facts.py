"""Every change of a store records a fact, and facts leave the use cases in one place only."""

import re
from pathlib import Path

import pytest

from local.paths import CORE

PACKAGE = CORE / "auto_retrain"
USECASES = sorted((PACKAGE / "usecases").rglob("*.py"))
# Port calls that change the record of a model or a job.
CHANGES = re.compile(
    r"\bports\.(policies\.apply|jobs\.(open_job|save|close_job)|ledger\.write|decisions\.record"
    r"|states\.(record_retrain|set_quarantine|record_moved_alias))\("
)
RECORDS = re.compile(r"\b(record|announce|record_decision)\(")
CHANGING = [path for path in USECASES if CHANGES.search(path.read_text())]


@pytest.mark.parametrize("path", CHANGING, ids=lambda path: path.stem)
def test_a_use_case_that_changes_a_store_records_a_fact(path: Path) -> None:
    assert RECORDS.search(path.read_text())


def test_the_use_cases_that_change_a_store_are_recognised() -> None:
    assert {"open_job", "start_job", "validate_model", "promote", "end_job", "policies", "quarantine"} <= {
        path.stem for path in CHANGING
    }


def test_facts_leave_use_cases_in_one_place_only() -> None:
    publishers = {path.name for path in USECASES if "ports.events" in path.read_text()}
    assert publishers == {"record.py"}


def _modules_with(text: str) -> set[str]:
    return {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if text in path.read_text()}


def test_records_are_updated_by_one_checked_function_only() -> None:
    assert _modules_with("model_copy") == {"domain/base.py"}
    # Sums of counts that were checked, some thousand for a simulated rollout.
    assert _modules_with(".unchecked(") == {"analysis/entities.py", "analysis/increments.py"}


def test_use_cases_change_jobs_by_named_steps_only() -> None:
    assert [path.name for path in USECASES if re.search(r"\bjob\.(changed|_moved)\(", path.read_text())] == []
