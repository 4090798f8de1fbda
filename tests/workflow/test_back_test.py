"""A back-test with trainings decides as the state machine did that lived through the same time, and changes nothing."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from auto_retrain.cli.worker_processes import ITEMS_PER_PROCESS
from local.demo import FLIGHTS
from local.demo.flights import prepare
from local.demo.scenarios import WATCH_SECONDS, backtest
from local.demo.scenarios.backtest import MODEL, POLICY, arguments
from local.demo.stage import Stage
from local.demo.story import Story
from local.stack import LocalStack

# February to December.
YEAR = 334


@contextmanager
def a_stage(directory: Path) -> Iterator[Stage]:
    prepare(FLIGHTS)
    with LocalStack(directory, watch_interval_seconds=WATCH_SECONDS["backtest"], report=lambda _: None) as stack:
        yield Stage(stack, FLIGHTS, lambda _: None)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with a_stage(tmp_path_factory.mktemp("workflow") / "stack") as stage:
        yield stage


@pytest.fixture(scope="module")
def story(stage: Stage) -> Story:
    """The weeks, lived through by the real state machine, and then by a back-test."""
    story = Story("backtest")
    backtest.play(stage, story)
    print(story.render())
    return story


@pytest.fixture
def other(tmp_path: Path) -> str:
    """Another policy for the same model, which is not applied."""
    policy = tmp_path / "other.yaml"
    monthly = POLICY.read_text().replace('"0 0 1 1 *"', '"0 0 20 * *"')
    policy.write_text(monthly.replace("triggers:\n", "triggers:\n  enabled: [scheduled]\n"))
    return str(policy)


def back_test(stack: LocalStack, policy: str) -> subprocess.CompletedProcess[str]:
    return command(stack, *arguments(policy))


def command(stack: LocalStack, *words: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "auto_retrain.cli", *words]
    return subprocess.run(
        program, env=os.environ | stack.environment, capture_output=True, text=True, timeout=300, check=False
    )


def retrained(stage: Stage) -> int:
    return len(stage.jobs.list_recent(MODEL, 100))


def versions(stage: Stage) -> int:
    """How many are registered."""
    tags = (stage.registry.version_tags(MODEL, str(number)) for number in range(1, 100))
    return sum(tag is not None for tag in tags)


def test_it_decides_row_by_row_as_the_state_machine_did(story: Story) -> None:
    assert story.ended_well
    endings = [line.expected.rpartition(": ")[2] for line in story.lines]
    assert endings.count("promoted") >= 2
    assert endings.count("rejected") >= 4


@pytest.mark.year
def test_it_decides_row_by_row_as_the_state_machine_did_in_a_year(tmp_path: Path) -> None:
    story = Story("a year")
    with a_stage(tmp_path / "stack") as stage:
        backtest.play(stage, story, YEAR)
    print(story.render())
    assert story.ended_well


def test_the_same_request_finds_the_same_result_and_nothing_else_is_left(
    stage: Stage, story: Story, other: str
) -> None:
    before = retrained(stage), versions(stage)
    once, again = back_test(stage.stack, other), back_test(stage.stack, other)
    assert once.returncode == 0, once.stderr
    assert "scheduled" in once.stdout
    assert "VERSION  SINCE" in once.stdout
    assert (again.returncode, again.stdout) == (0, once.stdout)
    assert again.stderr.startswith("this was ordered at ")
    (name,) = set(re.findall(rf"{MODEL}-backtest-[0-9a-f]+-[0-9]", once.stderr))
    assert stage.stack.cluster.has_job(name)
    assert not stage.stack.cluster.has_job(f"{name[:-1]}2")
    # The retrainings of the deployment, and no more.
    assert (retrained(stage), versions(stage)) == before
    assert before[0] == before[1]
    assert not stage.loose_ends([MODEL])


def test_many_policies_are_shared_among_processes_that_all_find_the_deployment(stage: Stage, tmp_path: Path) -> None:
    models = [f"flights-{number}" for number in range(2 * ITEMS_PER_PROCESS)]
    for model in models:
        (tmp_path / f"{model}.yaml").write_text(POLICY.read_text().replace(MODEL, model))
    files = sorted(map(str, tmp_path.glob("*.yaml")))
    tried = command(stage.stack, "backtest", *files, "--from", "2013-02-01", "--to", "2013-02-01")
    assert tried.returncode == 0, tried.stderr
    assert [line.split()[0] for line in tried.stdout.splitlines()[3:]] == [*sorted(models), "all"]
