"""Whatever shows a job whose data are read in parts says in how many, and what the pods of each do."""

import json
from pathlib import Path

import pytest

from auto_retrain.cli.policy_files import render_policy
from auto_retrain.domain.messages.references import JobReference
from auto_retrain.usecases.data.check_data import check_data
from tests.unit.cli.terminal import Terminal
from tests.unit.usecases.data.examined import examine
from tests.unit.usecases.data.test_check_data import Data

CHECKED = "10 parts, each checked by a pod of its own"
SCORED = f"{CHECKED}; its holdout has 5 of them, each scored by a pod of its own"


@pytest.mark.parametrize("words", [("job",), ("explain", "--all"), ("report", "job")], ids=" ".join)
def test_a_job_says_in_how_many_parts_its_data_are_read(
    terminal: Terminal, tmp_path: Path, words: tuple[str, ...]
) -> None:
    world = Data({"parts": 12})
    terminal.ports = world.ports

    def shown() -> str:
        page = tmp_path / "job.html"
        output = ("--output", str(page)) if words[0] == "report" else ()
        printed = terminal.ok(*words, job_id, *output)
        return page.read_text() if output else printed

    job_id = world.open()
    assert "parts" not in shown()
    check_data(JobReference(job_id=job_id), world.ports)
    world.start(job_id, "check")
    assert CHECKED in shown()
    assert SCORED not in shown()
    examine(world, job_id)
    check_data(JobReference(job_id=job_id), world.ports)
    assert SCORED in shown()
    assert SCORED in world.job(job_id)._repr_html_()


def test_a_check_of_a_policy_says_in_how_many_parts_its_data_would_be_read(terminal: Terminal) -> None:
    world = Data({"parts": 12})
    terminal.ports = world.ports
    file = terminal.file(render_policy(world.policy))
    lines = terminal.run("models", "check", file, "--data").out.splitlines()
    assert "10 objects with 0.0 MB in 10 parts: 2000 rows" in lines[1]
    assert "5 objects with 0.0 MB in 5 parts: 1000 rows" in lines[2]
    assert [line for line in lines if line.startswith("  parts")] == [
        "  parts         each is checked, and those of the holdout are scored, by a pod of its own, 4 at a time"
    ]
    (document,) = json.loads(terminal.run("models", "check", file, "--data", "--json").out)
    assert (document["training"]["parts"], document["holdout"]["parts"]) == (10, 5)


def test_data_in_one_piece_have_no_parts(terminal: Terminal) -> None:
    world = Data()
    terminal.ports = world.ports
    assert "parts" not in terminal.run("models", "check", terminal.file(render_policy(world.policy)), "--data").out
