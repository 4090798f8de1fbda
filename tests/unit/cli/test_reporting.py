"""Pages are written to a file, and a file that cannot be written is named."""

from pathlib import Path

from tests.unit.cli.terminal import Terminal
from tests.unit.usecases.world import World


def test_the_page_about_a_job_is_written_also_while_it_runs(terminal: Terminal, tmp_path: Path) -> None:
    world = World()
    terminal.ports = world.ports
    job_id, file = world.open(), tmp_path / "job.html"
    assert terminal.ok("report", "job", job_id, "--output", str(file)) == f"{file}\n"
    assert "badge pending" in file.read_text(encoding="utf-8")


def test_an_unknown_job_and_a_place_that_cannot_be_written_are_refused(terminal: Terminal, tmp_path: Path) -> None:
    world = World()
    terminal.ports = world.ports
    nowhere = str(tmp_path / "absent" / "job.html")
    file = str(tmp_path / "job.html")
    assert "there is no job 'churn-9'" in terminal.run("report", "job", "churn-9", "--output", file).err
    answer = terminal.run("report", "job", "churn-9", "--output", nowhere)
    assert answer.err == f"auto-retrain: --output {nowhere}: cannot be written: No such file or directory\n"


def test_the_page_about_the_fleet_is_written(terminal: Terminal, tmp_path: Path) -> None:
    terminal.apply()
    file = tmp_path / "fleet.html"
    assert terminal.ok("report", "fleet", "--output", str(file)) == f"{file}\n"
    page = file.read_text(encoding="utf-8")
    assert "<h1>1 model</h1>" in page
    assert "<tr id='model-churn'>" in page
