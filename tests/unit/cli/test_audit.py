"""`auto-retrain audit`: its answers, its exit codes, and exports that a script of 30 lines can verify."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.decision_record import DecisionRecord
from auto_retrain.domain.errors import DataUnavailable
from auto_retrain.domain.facts.triggering import JobOpened
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.usecases.audit.anchor_audit import anchor_audit
from tests.unit.cli.terminal import Terminal
from tests.unit.proof.chains import a_fact, an_entry

JOB = "churn-0123456789"


@pytest.fixture
def audited(terminal: Terminal) -> Terminal:
    """A model with ten facts, the first eight of which are anchored."""
    fill(terminal.ports, 1, 8)
    anchor_audit(ScheduledEvent(), terminal.ports)
    fill(terminal.ports, 9, 10)
    return terminal


def fill(ports: MemoryPorts, first: int, last: int, model: str = "churn") -> None:
    for number in range(first, last + 1):
        ports.audit.append(a_fact(number, model))


def test_a_chain_that_holds_is_told_in_four_lines(audited: Terminal) -> None:
    title, *rows = audited.ok("audit", "verify", "churn").splitlines()
    assert title == "churn · 10 entries, 2026-03-01 … 2026-03-01"
    assert [row.split()[0] for row in rows] == ["anchors", "integrity", "anchored", "completeness"]
    assert rows[1].startswith("integrity     ok        10 entries, from 1 without a gap")
    assert "8 entries up to those that anchors have; 2 after them wait for the next anchor" in rows[2]
    assert [row.split()[1] for row in (rows[0], rows[1], rows[3])] == ["ok"] * 3


def test_all_chains_are_counted(audited: Terminal) -> None:
    fill(audited.ports, 1, 3, "fraud")
    title, _, integrity, *_ = audited.ok("audit", "verify").splitlines()
    assert title.startswith("2 models · 13 entries")
    assert "13 entries in 2 of 2 chains" in integrity


def test_from_the_anchor_on_only_what_came_after_is_read(audited: Terminal) -> None:
    findings = json.loads(audited.ok("audit", "verify", "churn", "--from-anchor", "--json"))
    (chain,) = findings["chains"]
    assert (chain["begins_at"], chain["entries"], chain["anchored"]) == (8, 3, 8)
    assert findings["anchors"]["count"] == 1


def test_without_an_anchor_nothing_is_called_good(terminal: Terminal) -> None:
    fill(terminal.ports, 1, 3)
    answer = terminal.run("audit", "verify", "churn")
    assert answer.code == 2
    assert "not checked   there is no anchor that can be read" in answer.out


def test_an_anchor_that_is_too_old_is_told(audited: Terminal) -> None:
    audited.ports.clock.advance(timedelta(hours=27))
    answer = audited.run("audit", "verify", "churn")
    assert answer.code == 2
    assert "although there should be one each day" in answer.out


def test_an_anchor_of_a_time_to_come_is_told(audited: Terminal) -> None:
    """Whoever reads it would miss what was not anchored until then."""
    audited.ports.clock.advance(-timedelta(hours=1))
    answer = audited.run("audit", "verify", "churn")
    assert answer.code == 2
    assert "which is yet to come: its clock or ours is wrong" in answer.out


def test_a_store_that_does_not_answer_was_not_verified(audited: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise DataUnavailable("S3 is away")

    monkeypatch.setattr(audited.ports.anchors, "history", fail)
    answer = audited.run("audit", "verify", "churn")
    assert answer.code == 2
    assert "not checked   the anchors could not be read: S3 is away" in answer.out
    monkeypatch.setattr(audited.ports.audit, "head", fail)
    assert "not checked   churn: S3 is away" in audited.run("audit", "verify", "churn").out
    monkeypatch.setattr(audited.ports.audit, "heads", fail)
    answer = audited.run("audit", "verify")
    assert (answer.code, answer.err) == (2, "auto-retrain: S3 is away\n")


def test_a_model_that_nobody_knows_was_not_verified(audited: Terminal) -> None:
    answer = audited.run("audit", "verify", "frud")
    assert answer.code == 2
    assert "neither a chain nor a policy of 'frud'" in answer.err


def test_a_record_without_an_entry_is_named(audited: Terminal) -> None:
    at = audited.ports.clock.now()
    audited.ports.decisions.record(
        DecisionRecord(
            model_name="churn",
            key="0123456789ab",
            event_time=at,
            recorded_at=at,
            trigger_type="scheduled",
            outcome="not_due",
            reason="every 30 days",
        )
    )
    answer = audited.run("audit", "verify", "churn")
    assert answer.code == 1
    assert f"churn: decision 0123456789ab of {at:%F %T} UTC, but no entry says so" in answer.out


def test_the_timeline_of_a_job_has_sentences_actors_and_numbers(audited: Terminal) -> None:
    audited.ports.audit.append(
        JobOpened(
            model_name="churn",
            job_id=JOB,
            actor="ada",
            at=audited.ports.clock.now(),
            trigger_type="manual",
            reason="new labels",
        )
    )
    _, line = audited.ok("audit", "show", JOB).splitlines()
    assert "11     ada    Retraining churn: new labels" in line
    (fact,) = json.loads(audited.ok("audit", "show", JOB, "--json"))
    assert (fact["kind"], fact["number"], fact["actor"]) == ("job_opened", 11, "ada")


@pytest.mark.parametrize("change", [{"at": None}, {"at": "x"}, {"actor": ["ada"]}], ids=str)
def test_an_entry_that_somebody_wrote_by_hand_is_named(
    audited: Terminal, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    fact = json.loads(list(audited.ports.audit.entries("churn"))[9].text) | {"job_id": JOB} | change
    forged = an_entry(10, "0" * 64, rfc8785.dumps(fact).decode())
    monkeypatch.setattr(audited.ports.audit, "entries", lambda model_name: iter([forged]))
    answer = audited.run("audit", "show", JOB)
    assert answer.code == 1
    assert "entry 10 of churn cannot be read" in answer.err


def test_a_job_that_the_chain_does_not_know_is_named(audited: Terminal) -> None:
    answer = audited.run("audit", "show", JOB)
    assert answer.code == 1
    assert f"there is neither a job nor a decision '{JOB}'" in answer.err


def test_an_export_holds_every_entry_and_the_anchor_as_it_is_stored(audited: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "churn.jsonl"
    answer = audited.ok("audit", "export", "churn", "--output", str(file))
    assert answer.startswith(f"10 entries in {file}\n")
    about, *entries = map(json.loads, file.read_text().splitlines())
    assert about == {"format": "auto-retrain/audit-export/v1", "job": None, "models": ["churn"]}
    assert [entry["number"] for entry in entries] == list(range(1, 11))
    newest = audited.ports.anchors.newest()
    assert newest
    assert (tmp_path / "churn.jsonl.anchor.json").read_bytes() == newest.document


def test_an_export_of_what_nobody_knows_is_refused(audited: Terminal, tmp_path: Path) -> None:
    file = str(tmp_path / "file")
    assert "no audit chain of 'frud'" in audited.run("audit", "export", "frud", "--output", file).err
    assert f"nothing about job '{JOB}'" in audited.run("audit", "export", "--job", JOB, "--output", file).err
    assert (
        "one of 'churn', not of 'fraud'" in audited.run("audit", "export", "fraud", "--job", JOB, "--output", file).err
    )


def test_an_export_to_where_nobody_can_write_is_refused(audited: Terminal, tmp_path: Path) -> None:
    answer = audited.run("audit", "export", "--output", str(tmp_path / "missing" / "file"))
    assert answer.code == 1
    assert "No such file or directory" in answer.err
