"""Whatever a command prints in columns fits a terminal of 80, also for a model with the longest name."""

import inspect
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from auto_retrain.cli import printing
from auto_retrain.cli.commands import COMMANDS
from auto_retrain.domain.text import one_line
from tests.unit.cli.terminal import POLICY, Terminal
from tests.unit.cli.test_drift import write_report
from tests.unit.cli.test_json import (
    Place,
    of_a_failed_champion,
    of_a_policy,
    of_a_promotion,
    of_a_review,
    of_a_validated_job,
    of_drift,
    of_estimates,
)
from tests.unit.usecases.back_testing.past_days import START, falling, past_world, the_policy
from tests.unit.usecases.triggering.test_detect_drift import world_with_features

COLUMNS = 80
# What prints columns, or a text beside its lead.
SIGNS = ("print_table(", "print_below(", "print_findings(", "print_trials(")
LONGEST = "m" * 40
# What is there to be copied is never divided.
COPIED = ("arn:", "s3://", "auto-retrain ")
PAST = ("--from", "2026-01-01", "--to", "2026-04-30")
FILES = {entry.file: import_module(f"auto_retrain.cli.{entry.file}") for entry in COMMANDS.values()}


def of_a_drift_report(_: pytest.MonkeyPatch) -> Place:
    world = world_with_features(live_age=60)
    write_report(world, "churn-report")
    return world.ports, ""


def of_a_past(_: pytest.MonkeyPatch) -> Place:
    ports, levels = past_world(125)
    falling(levels, 125)
    policy = the_policy()
    ports.policies.apply(policy, "ada", START)
    return ports, ""


# What prints columns: the command, where it is given, and with what.
TABLES: dict[str, tuple[Callable[[pytest.MonkeyPatch], Place], tuple[str, ...]]] = {
    "jobs": (of_a_validated_job, ()),
    "job": (of_a_validated_job, ("JOB",)),
    "job with variants": (of_a_review, ("JOB",)),
    "status": (of_a_review, ()),
    "status of a model": (of_a_failed_champion, ("churn",)),
    "reviews": (of_a_review, ()),
    "models list": (of_a_validated_job, ()),
    "models check": (of_a_validated_job, ("FILE",)),
    "receipts": (of_a_validated_job, ()),
    "explain": (of_a_validated_job, ("JOB", "--all")),
    "why": (of_a_validated_job, ("churn", "--all")),
    "why-not": (of_a_validated_job, ("churn",)),
    "ledger": (of_a_promotion, ("churn",)),
    "rollout": (of_a_promotion, ("churn",)),
    "drill": (of_a_promotion, ("churn",)),
    "digest": (of_a_validated_job, ()),
    "drift": (of_drift, ("churn",)),
    "estimate": (of_estimates, ("churn",)),
    "backtest": (of_a_past, ("churn", "--against", "FILE", *PAST)),
    "replay": (of_a_validated_job, ("JOB",)),
    "models apply": (of_a_policy, ("FILE",)),
    "models show": (of_a_validated_job, ("churn", "--history")),
    "retrain": (of_a_validated_job, ("churn", "--reason", "new labels " * 9)),
    "rollback": (of_a_promotion, ("churn", "--reason", "it is worse")),
    "acknowledge": (of_a_failed_champion, ("churn", "--reason", "it is known")),
    "drift report": (of_a_drift_report, ("churn", "--report-id", "churn-report")),
    "audit show": (of_a_validated_job, ("JOB",)),
    "audit verify": (of_a_validated_job, ("churn",)),
    "doctor": (of_a_policy, ()),
}


@pytest.mark.parametrize("name", TABLES)
def test_what_a_command_prints_in_columns_fits(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal, (given, words) = Terminal(tmp_path, capsys), TABLES[name]
    terminal.ports, job_id = given(monkeypatch)
    # The worlds of the tests call their model churn; here it has the longest name.
    for module in (printing, *FILES.values()):
        monkeypatch.setattr(module, "one_line", lambda text: one_line(text).replace("churn", LONGEST), raising=False)
    command = [word for word in name.split() if word not in ("with", "variants", "of", "a", "model", "report")]
    lines = terminal.seen(*command, *({"JOB": job_id, "FILE": terminal.file(POLICY)}.get(word, word) for word in words))
    assert lines
    assert [line for line in lines if len(line) > COLUMNS and not any(sign in line for sign in COPIED)] == []


def test_only_documents_scripts_and_pictures_are_printed_in_another_way() -> None:
    """Sentences have to fit as well."""
    sources = {path.stem: path.read_text() for path in Path(printing.__file__).parent.glob("*.py")}
    others = {name for name, source in sources.items() if re.search(r"\bprint\(", source)}
    assert others == {"printing", "completion", "local_stack", "models", "replaying", "problems", "progress_picture"}


def test_every_command_that_prints_columns_is_among_them() -> None:
    columns = {name for name, module in FILES.items() if any(sign in inspect.getsource(module) for sign in SIGNS)}
    assert columns <= {COMMANDS[name.split()[0]].file for name in TABLES}
