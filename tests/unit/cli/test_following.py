"""`follow` and `logs` show what a job does while it runs, and what its pods said."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from auto_retrain.cli import following
from auto_retrain.domain.errors import ClusterUnavailable
from tests.unit.cli.terminal import Terminal
from tests.unit.usecases.world import EXECUTION, MANUAL, World, rows


@pytest.fixture
def world(terminal: Terminal) -> World:
    world = World()
    terminal.ports = world.ports
    return world


def let_happen(monkeypatch: pytest.MonkeyPatch, *events: Callable[[], object]) -> None:
    """What happens while the command waits, one event for each time."""
    coming: Iterator[Callable[[], object]] = iter(events)
    monkeypatch.setattr(following.time, "sleep", lambda _: next(coming)())


def say(world: World, name: str, text: str) -> None:
    world.ports.cluster._jobs[name].log = text


def test_a_job_is_followed_to_its_promotion(terminal: Terminal, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = world.open()
    world.start(job_id, "train")
    (name,) = world.ports.cluster._jobs

    def go_on() -> None:
        world.train(job_id)
        world.start(job_id, "score")
        world.score(job_id, v2=rows(2000, 0.95))
        world.validate(job_id)
        world.deploy(job_id)

    let_happen(
        monkeypatch,
        lambda: say(world, name, "epoch\nepoch\n"),
        lambda: say(world, name, "epoch\nepoch\nloss \x1b[31m0.3\n"),
        lambda: None,
        go_on,
        lambda: world.close(decision={"job_id": job_id}),
    )
    answer = terminal.run("follow", job_id)
    assert answer.code == 0
    assert answer.out.splitlines() == [
        f"{job_id}: running, step train ({name})",
        "  pod active",
        "  | epoch",
        "  | epoch",
        r"  | loss \x1b[31m0.3",
        f"{job_id}: deploying",
        f"{job_id}: completed",
        "promoted: churn version 2 is now in production (previously: none)",
    ]


def test_a_failed_job_ends_with_1_and_a_rejected_one_with_3(terminal: Terminal, world: World) -> None:
    job_id = world.scored_job(rows(2000, 0.88), rows(2000, 0.95))
    world.validate(job_id)
    world.close(decision={"job_id": job_id})
    answer = terminal.run("follow", job_id)
    assert (answer.code, answer.out.splitlines()[-1].partition(":")[0]) == (3, "rejected")
    failed = world.job(job_id).changed(ending="failed", status="failed", error="OOM")
    world.ports.jobs._jobs[job_id] = failed
    assert terminal.run("follow", job_id).code == 1


def test_a_cluster_that_does_not_answer_is_no_end_of_following(
    terminal: Terminal, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = world.open()
    world.start(job_id, "train")

    def away(*_: object) -> None:
        raise ClusterUnavailable("no answer")

    monkeypatch.setattr(world.ports.cluster, "list_jobs", away)
    let_happen(monkeypatch, lambda: world.close(decision={"job_id": job_id}, error={"Error": "X", "Cause": "gone"}))
    answer = terminal.run("follow", job_id)
    assert "  the cluster cannot be asked: no answer" in answer.out
    assert answer.code == 1
    assert "the pods cannot be asked: no answer" in terminal.ok("logs", job_id)


def test_logs_are_from_the_pods_and_after_that_as_they_were_kept(terminal: Terminal, world: World) -> None:
    job_id = world.open()
    assert terminal.ok("logs", job_id) == f"{job_id}: no log yet; none of its pods has begun\n"
    world.start(job_id, "train")
    (name,) = world.ports.cluster._jobs
    say(world, name, "one\ntwo\nthree\n")
    assert terminal.ok("logs", job_id, "--lines", "2").splitlines() == [f"== Kubernetes Job {name}", "two", "three"]
    world.ports.data.write(f"jobs/{job_id}/train/log.txt", b"kept \xff\n")
    world.ports.cluster._jobs.clear()
    (log,) = json.loads(terminal.ok("logs", job_id, "--json"))
    assert log["source"].endswith(f"jobs/{job_id}/train/log.txt")
    assert log["text"].startswith("kept")


@pytest.mark.parametrize("words", [("follow",), ("explain",), ("logs",), ("job",), ("report", "job")], ids=" ".join)
def test_the_name_of_a_model_means_its_newest_job(
    terminal: Terminal, world: World, words: tuple[str, ...], tmp_path: Path
) -> None:
    older = world.open()
    world.close(decision={"job_id": older})
    newest = world.check({**MANUAL, "force": True}, EXECUTION + "-more").job_id or ""
    world.ports.jobs._jobs[newest] = world.job(newest).changed(ending="failed", status="failed", error="OOM")
    output = ("--output", str(tmp_path / "job.html")) if words[0] == "report" else ()
    by_name = terminal.run(*words, "churn", *output)
    assert older != newest
    assert by_name == terminal.run(*words, newest, *output)
    assert any(sign in by_name.out for sign in (newest, "OOM")) or newest in (tmp_path / "job.html").read_text()


@pytest.mark.parametrize(
    ("before", "now", "new"),
    [
        ([], ["a"], ["a"]),
        (["a", "a"], ["a", "a", "a"], ["a"]),
        (["a", "b", "c"], ["b", "c", "d"], ["d"]),
        (["a"], ["x"], ["x"]),
        (["a"], ["a"], []),
    ],
)
def test_only_new_lines_of_a_log_are_shown(before: list[str], now: list[str], new: list[str]) -> None:
    assert following._after(before, now) == new
