"""The script in docs/audit.md verifies real exports, and refuses every one that somebody has changed."""

from pathlib import Path

import pytest

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.facts.triggering import JobOpened
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.usecases.audit.anchor_audit import anchor_audit
from tests.unit.proof.chains import a_fact
from tests.unit.proof.exports import Exported, verifying_script

JOB = "churn-0123456789"
MAX_LINES = 48


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    text = verifying_script()
    assert len(text.splitlines()) <= MAX_LINES
    file = tmp_path_factory.mktemp("script") / "verify_audit.py"
    file.write_text(text)
    return file


@pytest.fixture(scope="module")
def ports() -> MemoryPorts:
    """Two models: one with ten facts, eight of which are anchored, and a job in the fourth; the other with three."""
    ports = MemoryPorts()
    for number in range(1, 9):
        ports.audit.append(a_fact(number) if number != 4 else _opened(ports))
    for number in range(1, 4):
        ports.audit.append(a_fact(number, "fraud"))
    anchor_audit(ScheduledEvent(), ports)
    for number in (9, 10):
        ports.audit.append(a_fact(number))
    return ports


def _opened(ports: MemoryPorts) -> JobOpened:
    at = ports.clock.now()
    return JobOpened(model_name="churn", job_id=JOB, at=at, trigger_type="manual", reason="Zoë asks")


@pytest.mark.parametrize(
    ("model", "job", "lines"),
    [
        ("churn", None, ["churn: entries 1 to 10 hold, anchored up to 8"]),
        ("churn", JOB, ["churn: entries 4 to 10 hold, anchored up to 8"]),
        (None, None, ["churn: entries 1 to 10 hold, anchored up to 8", "fraud: entries 1 to 3 hold, anchored up to 3"]),
    ],
    ids=["a model", "a job", "all"],
)
def test_the_script_verifies_an_export(
    ports: MemoryPorts, script: Path, tmp_path: Path, model: str | None, job: str | None, lines: list[str]
) -> None:
    answer = Exported(ports, model, job, tmp_path).verified_by(script)
    assert answer.returncode == 0, answer.stderr
    *held, _, anchor = answer.stdout.splitlines()
    assert held == lines
    newest = ports.anchors.newest()
    assert newest
    assert newest.hash in anchor


def test_the_script_notices_another_head_in_the_anchor(ports: MemoryPorts, script: Path, tmp_path: Path) -> None:
    exported = Exported(ports, "churn", None, tmp_path)
    exported.anchor["heads"][0]["hash"] = exported.entries[6].hash
    answer = exported.verified_by(script)
    assert answer.returncode == 1
    assert "the anchor is not what its root says" in answer.stderr


@pytest.mark.parametrize("place", ["about", "anchor"])
def test_the_script_refuses_formats_that_it_does_not_know(
    ports: MemoryPorts, script: Path, tmp_path: Path, place: str
) -> None:
    exported = Exported(ports, "churn", None, tmp_path)
    getattr(exported, place)["format"] = "auto-retrain/something/v2"
    assert exported.verified_by(script).returncode == 1


def test_the_script_checks_as_much_where_assertions_are_off(ports: MemoryPorts, script: Path, tmp_path: Path) -> None:
    exported = Exported(ports, "churn", None, tmp_path)
    exported.entries[2] = exported.entries[2].changed(text=exported.entries[2].text.replace("30 days", "3 days"))
    answer = exported.verified_by(script, "-O")
    assert (answer.returncode, answer.stderr) == (1, "churn 3 was altered\n")


def test_a_list_of_models_that_somebody_emptied_hides_no_entry_that_is_missing(
    ports: MemoryPorts, script: Path, tmp_path: Path
) -> None:
    exported = Exported(ports, "churn", None, tmp_path)
    exported.about["models"] = []
    del exported.entries[6:]
    answer = exported.verified_by(script)
    assert (answer.returncode, answer.stderr) == (1, "churn was cut off before 8\n")


def test_what_is_newer_than_the_anchor_is_not_called_anchored(ports: MemoryPorts, script: Path, tmp_path: Path) -> None:
    exported = Exported(ports, "churn", JOB, tmp_path)
    exported.entries = [entry for entry in exported.entries if entry.number > 8]
    answer = exported.verified_by(script)
    assert answer.returncode == 0
    assert "entries 9 to 10 hold, newer than the anchor, which does not prove them" in answer.stdout
