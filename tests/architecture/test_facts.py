"""Every change of a store records a fact, and facts leave the use cases in one place only."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from auto_retrain.domain.facts.any_fact import AnyFact
from local.paths import CORE

PACKAGE = CORE / "auto_retrain"
USECASES = sorted((PACKAGE / "usecases").rglob("*.py"))
# Port calls that change the record of a model or a job.
CHANGES = re.compile(
    r"\bports\.(policies\.apply|jobs\.(open_job|save|close_job)|ledger\.write|decisions\.record"
    r"|states\.(record_retrain|set_quarantine|record_moved_alias))\("
)
RECORDS = re.compile(r"\b(record|record_fact|announce|record_decision)\(")
PUBLISHES = re.compile(r"\b(record|record_fact|announce)(_alone)?\(")
# Writes only what a step waits for, which is progress and no news.
PROGRESS = "delays"
CHANGING = [path for path in USECASES if CHANGES.search(path.read_text()) and path.stem != PROGRESS]

# How many arguments each change of a store has without its facts, which come after them.
ARGUMENTS = {
    "jobs.open_job": 2,
    "jobs.save": 1,
    "jobs.close_job": 1,
    "ledger.write": 3,
    "ledger.note": 1,
    "states.record_retrain": 2,
    "states.set_quarantine": 2,
    "states.record_moved_alias": 2,
    "states.record_drill": 2,
    "decisions.record": 1,
}
# Changes that are no fact of their own, and why.
WITHOUT_A_FACT = {
    ("data/check_data", "jobs.save"): "the frozen data; the fact that they were checked follows, or an ending",
    (PROGRESS, "jobs.save"): "what a step waits for",
    ("ending/end_job", "jobs.save"): "that people were told of an ending",
    ("after_promotion/read_champions", "ledger.note"): "a measured level; the verdict that it leads to has a fact",
    ("after_promotion/tell", "ledger.note"): "that people were told; what they were told is a fact",
    ("rolling_out/take_back", "ledger.note"): "that people were told",
    ("rolling_out/settle", "ledger.note"): "that the job of a version taken back says so, which is a fact",
    ("rolling_out/await_rollout", "ledger.note"): "which execution waits",
    ("watching/answer_token", "jobs.save"): "what a pod waits for, which is progress and no news",
}


def changes_without_a_fact() -> set[tuple[str, str]]:
    """Each module, from the use cases on, with a change of a store to which it gives no fact."""
    return {
        (path.relative_to(PACKAGE / "usecases").with_suffix("").as_posix(), change)
        for path in USECASES
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and (change := ast.unparse(call.func).removeprefix("ports.")) in ARGUMENTS
        and len(call.args) <= ARGUMENTS[change]
        and not any(keyword.arg == "facts" for keyword in call.keywords)
    }


def test_a_change_of_a_store_comes_with_its_fact_except_for_these() -> None:
    assert changes_without_a_fact() == set(WITHOUT_A_FACT)


# Kinds of facts that no use case gives to a chain.
NOT_GIVEN = {
    "PolicyApplied": "each store of policies makes it, from the policy and its version",
    "ChampionsFailed": "a message about many models, of which each has its own fact in its own chain",
}


def _name(path: Path) -> str:
    return path.relative_to(PACKAGE / "usecases").with_suffix("").as_posix()


def _calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))


def _gives_a_fact(call: ast.Call) -> bool:
    """Whether a call gives a fact to the audit chain, alone or with the change of a store."""
    change = ast.unparse(call.func).removeprefix("ports.")
    # A policy is its own fact.
    if change in ("audit.append", "audit.resume", "policies.apply", "record_alone", "announce_alone"):
        return True
    more = len(call.args) > ARGUMENTS.get(change, len(call.args))
    return change in ARGUMENTS and (more or any(keyword.arg == "facts" for keyword in call.keywords))


@cache
def giving() -> set[str]:
    """Not found out on import, as each process of the tests imports all of them."""
    return {_name(path) for path in USECASES if any(map(_gives_a_fact, _calls(path)))}


def test_a_module_that_publishes_a_fact_also_gives_it_to_the_chain() -> None:
    publishing = {_name(path) for path in USECASES if PUBLISHES.search(path.read_text())}
    assert publishing - giving() == {"after_promotion/tell"}


def test_each_kind_of_fact_is_made_by_a_module_that_gives_it_to_the_chain() -> None:
    nodes = (node for path in USECASES if _name(path) in giving() for node in ast.walk(ast.parse(path.read_text())))
    made = {node.id for node in nodes if isinstance(node, ast.Name)}
    kinds = {fact.__name__ for fact in get_args(get_args(AnyFact)[0])}
    assert kinds - made == set(NOT_GIVEN)


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
