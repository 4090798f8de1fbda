"""What a command prints with `--json` has the keys that docs/json.md promises."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.cli.commands import arguments_of
from auto_retrain.domain.messages.promoting import ReviewOrder
from auto_retrain.usecases.promoting.await_review import await_review
from local.docs.command_reference import commands
from local.paths import ROOT
from tests.unit.cli.terminal import POLICY, Terminal
from tests.unit.cli.test_why import SUPPRESSED
from tests.unit.usecases.after_promotion.watch_world import WatchWorld
from tests.unit.usecases.estimated_world import EstimatedWorld
from tests.unit.usecases.rolling_out.rollout_world import RolloutWorld
from tests.unit.usecases.training.test_experiments import Experiments
from tests.unit.usecases.triggering.test_detect_drift import world_with_features
from tests.unit.usecases.world import World, rows

ROW = re.compile(r"^\| `(auto-retrain [^`]+)` \| (an object|a list) \| (.+) \|$", re.MULTILINE)
ROWS = {command: (shape, keys) for command, shape, keys in ROW.findall((ROOT / "docs/json.md").read_text())}

BY_ADA = ("--reason", "it is wrong", "--actor", "ada")
Place = tuple[MemoryPorts, str]


def of_a_policy(_: pytest.MonkeyPatch) -> Place:
    return MemoryPorts(), ""


def of_a_validated_job(_: pytest.MonkeyPatch) -> Place:
    world = World()
    job_id = world.scored_job(rows(2000, 0.95), rows(2000, 0.88))
    world.validate(job_id)
    world.ports.decisions.record(SUPPRESSED)
    return world.ports, job_id


def of_a_log(_: pytest.MonkeyPatch) -> Place:
    world = World()
    job_id = world.open()
    world.ports.data.write(f"jobs/{job_id}/train/log.txt", b"epoch 1")
    return world.ports, job_id


def of_a_review(_: pytest.MonkeyPatch) -> Place:
    world = Experiments({"grid": {"depth": [1, 2]}, "review": True})
    world.train_variants(0, 1)
    world.judge(v1=rows(2000, 0.88), v2=rows(2000, 0.93), v3=rows(2000, 0.95))
    await_review(ReviewOrder(job_id=world.id, task_token="secret-token"), world.ports)
    return world.ports, world.id


def of_drift(_: pytest.MonkeyPatch) -> Place:
    return world_with_features(live_age=60).ports, ""


def of_estimates(_: pytest.MonkeyPatch) -> Place:
    world = EstimatedWorld()
    world.serve(7)
    return world.ports, ""


def of_a_promotion(monkeypatch: pytest.MonkeyPatch) -> Place:
    world = RolloutWorld(monkeypatch)
    world.promote()
    return world.ports, ""


def of_a_failed_champion(_: pytest.MonkeyPatch) -> Place:
    world = WatchWorld()
    world.degrade()
    world.passes(72, every=6)
    return world.ports, ""


# Where each command is given, and with what besides the name of the model or the id of the job.
GIVEN: dict[str, tuple[Callable[[pytest.MonkeyPatch], Place], tuple[str, ...]]] = {
    "models apply": (of_a_policy, ("FILE",)),
    "models check": (of_a_policy, ("FILE",)),
    "models list": (of_a_validated_job, ()),
    "models show": (of_a_validated_job, ("churn",)),
    "models pause": (of_a_validated_job, ("churn", *BY_ADA)),
    "models resume": (of_a_validated_job, ("churn",)),
    "models remove": (of_a_validated_job, ("churn", "--yes")),
    "models lift-quarantine": (of_a_validated_job, ("churn", *BY_ADA)),
    "why": (of_a_validated_job, ("churn",)),
    "why-not": (of_a_validated_job, ("churn",)),
    "retrain": (of_a_validated_job, ("churn", *BY_ADA)),
    "retrained": (of_a_validated_job, ("churn",)),
    "drift": (of_drift, ("churn",)),
    "estimate": (of_estimates, ("churn",)),
    "backtest": (of_drift, ("churn", "--from", "2026-02-01", "--to", "2026-02-02")),
    "jobs": (of_a_validated_job, ()),
    "job": (of_a_validated_job, ("JOB",)),
    "receipts": (of_a_validated_job, ()),
    "status": (of_a_review, ()),
    "explain": (of_a_validated_job, ("JOB",)),
    "logs": (of_a_log, ("JOB",)),
    "reviews": (of_a_review, ()),
    "approve": (of_a_review, ("JOB",)),
    "decline": (of_a_review, ("JOB", *BY_ADA)),
    "rollout": (of_a_promotion, ("churn",)),
    "rollback": (of_a_promotion, ("churn", *BY_ADA)),
    "acknowledge": (of_a_failed_champion, ("churn",)),
    "drill": (of_a_promotion, ("churn",)),
    "ledger": (of_a_promotion, ("churn",)),
    "digest": (of_a_validated_job, ()),
    "audit verify": (of_a_validated_job, ("churn",)),
    "audit show": (of_a_validated_job, ("JOB",)),
    "audit accept": (of_a_validated_job, ("churn", *BY_ADA)),
    "replay": (of_a_validated_job, ("JOB",)),
    "doctor": (of_a_policy, ()),
}


def promised(command: str) -> tuple[bool, set[str]]:
    """Whether it prints a list, and the keys of what it prints, or of each in the list."""
    shape, keys = ROWS[command]
    own, others = set(re.findall(r"`(\w+)`", keys)), re.findall("those of `([^`]*)`", keys)
    return shape == "a list", own.union(*(promised(other)[1] for other in others))


@pytest.mark.parametrize("name", GIVEN)
def test_the_keys_are_those_that_are_documented(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal(tmp_path, capsys)
    given, words = GIVEN[name]
    terminal.ports, job_id = given(monkeypatch)
    filled = {"FILE": terminal.file(POLICY), "JOB": job_id}
    document: Any = json.loads(terminal.run(*name.split(), *(filled.get(word, word) for word in words), "--json").out)
    is_list, keys = promised(f"auto-retrain {name}")
    assert isinstance(document, list) is is_list
    first = document[0] if is_list else document
    assert set(first) == keys
    assert "secret-token" not in json.dumps(document)


def test_every_command_with_the_option_is_documented_and_tried() -> None:
    offering = {name for name, command in commands() if any(each.name == "as_json" for each in arguments_of(command))}
    assert offering == set(ROWS) == {f"auto-retrain {name}" for name in GIVEN}
    others = {name.removeprefix("auto-retrain ") for name, _ in commands() if name not in offering}
    files = {"audit export", "init", "report job", "report fleet"}
    assert others == files | {"completion", "follow", "local down", "local env", "local status", "local up"}
