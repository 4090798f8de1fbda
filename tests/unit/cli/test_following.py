"""`follow` and `logs` show what a job does while it runs, and what its pods said."""

import json
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from auto_retrain.cli import following
from auto_retrain.cli.progress_lines import after
from auto_retrain.domain.cluster import Obstacle
from auto_retrain.domain.errors import ClusterUnavailable, StoreUnavailable
from auto_retrain.domain.messages.references import JobReference
from auto_retrain.domain.names import decision_name
from auto_retrain.usecases.data.check_data import check_data
from tests.unit.cli.terminal import Screen, Terminal
from tests.unit.usecases.data.test_check_data import Data
from tests.unit.usecases.world import EXECUTION, MANUAL, World, rows

SECOND = f"{EXECUTION}-2"


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
        "  forecast unknown, because it is the first of its kind; at most $0.17",
        "  pod active",
        "  | epoch",
        "  | epoch",
        r"  | loss \x1b[31m0.3",
        f"{job_id}: deploying",
        f"{job_id}: completed",
        "promoted: churn version 2 is now in production (previously: none)",
    ]


def test_of_a_step_in_parts_it_is_said_how_many_pods_are_done(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = Data({"parts": 3})
    terminal.ports, job_id = world.ports, world.open()
    check_data(JobReference(job_id=job_id), world.ports)
    world.start(job_id, "check")
    cluster = world.ports.cluster
    (name,) = cluster._jobs

    def look() -> None:
        cluster._jobs[name].logs = {0: "the first\n", 1: "the second\n"}

    let_happen(
        monkeypatch,
        look,
        lambda: cluster.change(name, done=(0,)),
        lambda: cluster.change(name, done=(0, 2), failed=(1,)),
        lambda: world.close(decision={"job_id": job_id}, error={"Error": "X", "Cause": "gone"}),
    )
    lines = terminal.run("follow", job_id).out.splitlines()
    assert [line for line in lines if line.startswith("  pods") or "|" in line] == [
        "  pods active: 0 of 3 are done",
        "  | the first",
        "  pods active: 1 of 3 are done",
        "  | the second",
        "  pods active: 2 of 3 are done, 1 failed",
    ]
    logs = json.loads(terminal.ok("logs", job_id, "--json"))
    assert [log["source"] for log in logs] == [f"Kubernetes Job {name}, pod {part}" for part in (0, 1)]


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
    assert "  waits: the cluster cannot be asked: no answer" in answer.out
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
    by_id = terminal.run(*words, newest, *output)
    # `follow` says first that this one has ended already.
    assert (by_name.code, by_name.out.endswith(by_id.out), by_name.err) == (by_id.code, True, by_id.err)
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
    assert after(before, now) == new


def test_what_jobs_like_it_took_and_cost_is_foretold(
    terminal: Terminal, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = world.open()
    world.start(first, "train")
    world.train(first)
    world.start(first, "score")
    world.score(first, v2=rows(2000, 0.95))
    world.ports.clock.advance(timedelta(minutes=4, seconds=10))
    world.validate(first)
    world.deploy(first)
    world.close(decision={"job_id": first})
    world.ports.clock.advance(timedelta(days=2))
    later = {**MANUAL, "event_time": world.ports.clock.now().isoformat()}
    second = world.check(later, SECOND).job_id or ""
    end = {"Error": "X", "Cause": "gone"}
    let_happen(monkeypatch, lambda: world.close(SECOND, decision={"job_id": second}, error=end))
    line = terminal.run("follow", second).out.splitlines()[1]
    assert line.startswith("  forecast $")
    assert line.endswith("like the last one; a verdict usually takes 0:04:10, like the last one")


def test_what_keeps_a_job_is_told_with_the_reason_of_its_pod(
    terminal: Terminal, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = world.open()
    world.start(job_id, "train")
    (name,) = world.ports.cluster._jobs
    reason = "the image 'no/such:image' cannot be pulled (ImagePullBackOff)"
    world.ports.cluster.obstruct(name, Obstacle(reason=reason, since=None, may_pass=False))
    let_happen(monkeypatch, lambda: world.close(decision={"job_id": job_id}, error={"Error": "X", "Cause": "gone"}))
    assert f"  waits: {reason}" in terminal.run("follow", job_id).out.splitlines()


def test_a_job_that_was_just_asked_for_is_waited_for(
    terminal: Terminal, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = decision_name("churn", EXECUTION)
    let_happen(
        monkeypatch, world.open, lambda: world.close(decision={"job_id": job_id}, error={"Error": "X", "Cause": "gone"})
    )
    answer = terminal.run("follow", job_id)
    assert answer.out.startswith(f"there is no job '{job_id}' yet")
    assert answer.code == 1


def test_a_job_that_nobody_asked_for_is_not_waited_for_long(
    terminal: Terminal, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(following.time, "sleep", pauses.append)
    answer = terminal.run("follow", "churn-0123456789")
    assert (answer.code, sum(pauses)) == (1, 30)
    assert "there is no job 'churn-0123456789'; see 'auto-retrain jobs'" in answer.err


def test_a_request_that_is_held_back_is_not_waited_for(terminal: Terminal, world: World) -> None:
    world.open()
    world.check(execution=SECOND)
    name = decision_name("churn", SECOND)
    answer = terminal.run("follow", name)
    assert answer.code == 3
    assert answer.out.startswith(f"{name} was not opened: job 'churn-")
    assert f"'auto-retrain explain {name}' says more" in answer.out


def away(*_: object) -> None:
    raise StoreUnavailable("DynamoDB did not answer")


def test_one_error_that_may_pass_does_not_end_it(
    terminal: Terminal, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = world.open()
    known = world.ports.ledger.serving
    monkeypatch.setattr(world.ports.ledger, "serving", away)

    def back() -> None:
        monkeypatch.setattr(world.ports.ledger, "serving", known)
        world.close(decision={"job_id": job_id}, error={"Error": "X", "Cause": "gone"})

    let_happen(monkeypatch, lambda: None, back)
    answer = terminal.run("follow", job_id)
    assert answer.code == 1
    assert answer.err == ""
    assert answer.out.splitlines()[:2] == [
        "no answer: DynamoDB did not answer; tried again in 3 s",
        "no answer: DynamoDB did not answer; tried again in 6 s",
    ]


def test_it_gives_up_after_some_minutes_without_an_answer(
    terminal: Terminal, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = world.open()
    pauses: list[float] = []
    monkeypatch.setattr(following.time, "sleep", pauses.append)
    monkeypatch.setattr(world.ports.jobs, "get", away)
    answer = terminal.run("follow", job_id)
    assert answer.code == 1
    assert pauses[:5] == [3, 6, 12, 24, 30]
    assert 300 <= sum(pauses) < 330
    given_up, hint = answer.err.splitlines()
    assert given_up.endswith("DynamoDB did not answer; tried in vain for 5 minutes, but the job goes on")
    assert "doctor" in hint


def test_ctrl_c_says_that_the_job_goes_on_and_how_to_look_again(
    terminal: Terminal, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = world.open()

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(following.time, "sleep", interrupt)
    answer = terminal.run("follow", job_id)
    assert answer.code == 130
    assert answer.out.splitlines()[-1] == f"{job_id} goes on; look again with 'auto-retrain follow {job_id}'"
    assert answer.err == ""


def test_on_a_terminal_the_newest_look_is_a_picture_of_steps_with_the_end_of_the_log(
    terminal: Terminal, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = world.open()
    world.start(job_id, "train")
    (name,) = world.ports.cluster._jobs
    say(world, name, "\n".join(f"epoch {number} [bold]" for number in range(200)))
    let_happen(monkeypatch, lambda: world.close(decision={"job_id": job_id}, error={"Error": "X", "Cause": "gone"}))
    screen = Screen()
    for variable, value in {"TERM": "xterm", "COLUMNS": "80", "LINES": "24"}.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(sys, "stdout", screen)
    assert terminal.run("follow", job_id).code == 1
    shown = screen.getvalue()
    assert "✓ data  ● training  ○ scoring  ○ verdict  ○ serving" in shown
    assert "epoch 199 [bold]" in shown
    assert "epoch 100 [bold]" not in shown, "only as many lines as fit"
    assert "failed: Retraining churn failed: X: gone" in shown.splitlines()[-1]


def test_a_model_whose_newest_job_has_ended_is_not_mistaken_for_one_that_begins(
    terminal: Terminal, world: World
) -> None:
    job_id = world.open()
    world.close(decision={"job_id": job_id}, error={"Error": "X", "Cause": "gone"})
    first, *_ = terminal.run("follow", "churn").out.splitlines()
    assert first == "the newest job of churn has ended; one that was just asked for has the id that retrain printed"


@pytest.mark.parametrize("name", ["nope", "nope-0123456789"])
def test_a_model_that_does_not_exist_is_not_waited_for(
    terminal: Terminal, world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    let_happen(monkeypatch)
    answer = terminal.run("follow", name)
    assert (answer.code, answer.out) == (1, "")
    assert f"there is neither a job nor a model '{name}'; see 'auto-retrain jobs'" in answer.err


def test_on_a_terminal_nothing_is_drawn_before_there_is_a_job_to_show(
    terminal: Terminal, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_happen(monkeypatch)
    screen = Screen()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdout", screen)
    assert terminal.run("follow", "nope").code == 1
    assert screen.getvalue() == ""
