"""A newcomer types what `docs/first-hour.md` prints, all of it and in this order, and sees what the page shows."""

import gzip
import json
import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from subprocess import PIPE
from typing import NamedTuple

import pytest

from auto_retrain.adapters.clock import SystemClock
from auto_retrain.adapters.dynamodb.deployment_ledger import DynamoLedger
from auto_retrain.adapters.dynamodb.table import Table
from local.address_file import published
from local.paths import LOCAL, ROOT
from local.serving.passing_time import let_pass
from local.stack import LocalStack
from tests.architecture.pages import blocks

PAGE = ROOT / "docs" / "first-hour.md"
DEMO, START, *STEPS = [block.text for block in blocks(PAGE, "sh")]
SHOWN = [block.text for block in blocks(PAGE, "text")]
# Between two commands, so that what each block prints can be told apart.
MARK = "--- block"
VARYING = {r"-[0-9a-f]{10}\b": "-ID", r"\d{4}-\d\d-\d\d": "DATE", r"\d\d:\d\d(:\d\d)?": "TIME"}
A_BAKE = timedelta(seconds=61)
LONGEST_SECONDS = 300


class Typed(NamedTuple):
    """What each block of commands has printed, and what all of them have printed as errors."""

    printed: list[str]
    errors: str


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """What `make local` keeps running, but no sweep of which nobody knows when it comes."""
    with LocalStack(tmp_path_factory.mktemp("first-hour") / "stack", report=lambda _: None) as running:
        yield running


@pytest.fixture(scope="module")
def clone(stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder like a clone, in which the stack was started."""
    folder = tmp_path_factory.mktemp("clone")
    (folder / ".local").mkdir()
    (folder / ".local" / "envs").symlink_to(LOCAL / "envs")
    (folder / "docs").symlink_to(ROOT / "docs")
    with published(stack.environment, {}, folder / ".local" / "stack.json"):
        yield folder


class Bakes:
    """Lets the minute of each step of the rollout pass as soon as answers of its challenger have been counted."""

    def __init__(self, stack: LocalStack) -> None:
        self._s3, self._bucket = stack.client("s3"), stack.data_bucket
        self._ledger = DynamoLedger(Table(stack.client("dynamodb"), stack.outputs["TableName"]), SystemClock())
        self._ended, self._watcher = threading.Event(), threading.Thread(target=self._watch)

    def __enter__(self) -> None:
        self._watcher.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._watcher.join()

    def _watch(self) -> None:
        step = 0
        while not self._ended.wait(0.5):
            rollout, evidence = self._ledger.serving("parcels").rollout, self._ledger.evidence("parcels")
            if rollout and evidence and rollout.step == evidence.step == step and evidence.counts.challenger.requests:
                self._forget_answers_before(rollout.since)
                let_pass(self._ledger, "parcels", A_BAKE)
                step += 1

    def _forget_answers_before(self, moment: datetime) -> None:
        """The champion's answers from before the rollout would be in the minute that passes."""
        for item in self._s3.list_objects_v2(Bucket=self._bucket, Prefix="predictions/")["Contents"]:
            name = {"Bucket": self._bucket, "Key": item["Key"]}
            rows = gzip.decompress(self._s3.get_object(**name)["Body"].read()).splitlines()
            later = [row for row in rows if datetime.fromisoformat(json.loads(row)["predicted_at"]) >= moment]
            self._s3.put_object(**name, Body=gzip.compress(b"\n".join(later)))


@pytest.fixture(scope="module")
def typed(stack: LocalStack, clone: Path) -> Typed:
    # Aliases are for terminals only, unless a script asks for them.
    script = [
        "shopt -s expand_aliases",
        """trap 'echo "$BASH_COMMAND: $?" >&2' ERR""",
        *(f"{step}echo '{MARK}'" for step in STEPS),
    ]
    with (
        Bakes(stack),
        subprocess.Popen(
            ["bash", "-c", "\n".join(script)], cwd=clone, stdout=PIPE, stderr=PIPE, text=True, start_new_session=True
        ) as shell,
    ):
        try:
            out, errors = shell.communicate(timeout=LONGEST_SECONDS)
        finally:
            with suppress(ProcessLookupError):  # all have ended
                os.killpg(shell.pid, signal.SIGKILL)
    return Typed(out.split(f"{MARK}\n"), errors)


def test_before_them_are_the_demo_which_has_a_test_of_its_own_and_the_stack() -> None:
    assert (DEMO, START) == ("make demo\n", "make local\n")


def test_all_commands_succeed_but_the_one_that_says_that_nothing_was_promoted(typed: Typed) -> None:
    assert typed.errors.splitlines() == ["python -m auto_retrain.cli follow parcels: 3"]


def normalised(text: str) -> str:
    """The text without ids, dates and times, which differ from run to run."""
    for pattern, word in VARYING.items():
        text = re.sub(pattern, word, text)
    return text


def pattern_of(shown: str) -> str:
    """Matches what a page shows: `…` stands for the rest of a line, or alone for any lines."""
    lines = normalised(shown).splitlines()
    return "".join("(?:.*\n)*" if line == "…" else ".*".join(map(re.escape, line.split("…"))) + "\n" for line in lines)


def shown_and_printed() -> list[tuple[str, int]]:
    """Each block that shows output, with the number of the block of commands before it."""
    fences = re.findall(r"^```(sh|text)$", PAGE.read_text(), re.MULTILINE)
    places = [fences[: place + 1].count("sh") - 3 for place, fence in enumerate(fences) if fence == "text"]
    return list(zip(SHOWN, places, strict=True))


@pytest.mark.parametrize(("shown", "number"), shown_and_printed())
def test_what_the_page_shows_is_printed(shown: str, number: int, typed: Typed) -> None:
    assert re.fullmatch(pattern_of(shown), normalised(typed.printed[number])), typed.printed[number]
