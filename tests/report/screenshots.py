"""`make screenshots`: takes those of the documentation anew, and notes which pages they show."""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from auto_retrain.domain.fleet_overview import Concern, FleetOverview, Health
from auto_retrain.domain.messages.promoting import ValidationOutcome
from auto_retrain.domain.messages.training import StepStarted
from auto_retrain.report import render_fleet
from local.paths import NODE, ROOT
from tests.unit.builders import NOON
from tests.unit.report.fleets import a_row
from tests.unit.report.pages import a_job_page
from tests.unit.usecases.world import World

IMAGES = ROOT / "docs" / "images"
# The pages of which there are screenshots, each with its digest.
NOTED = IMAGES / "pages.txt"
SHOOT = Path(__file__).with_name("shoot.mjs")


def a_small_fleet() -> str:
    """The page about a fleet of which a person can see each model."""
    due = timedelta(days=2)
    rows = [
        a_row(
            "churn", Health.DEGRADING, why="its champion does worse than the one before it", champion="14", spent=3.2
        ),
        a_row("fraud", Health.IN_ROLLOUT, why="version 32 answers 20 % of the requests", champion="31", spent=11.75),
        a_row("basket-size", champion="7", spent=0.41, owner="shop@example.com"),
        a_row("delivery-time", champion="22", outcome="rejected", spent=2.05, owner="logistics@example.com"),
        a_row("returns", champion="4", next_due=NOON + due, spent=0.38, owner="shop@example.com"),
        a_row("new-arrivals", Health.UNKNOWN, champion=None, since=None, why="it was never checked", outcome="skipped"),
    ]
    concern = Concern(
        "churn",
        "growth@example.com",
        "version 14 failed: accuracy 0.871, at least 0.92",
        "auto-retrain acknowledge churn --reason TEXT",
    )
    return render_fleet(FleetOverview(NOON, rows, [concern], []))


class UnhurriedWorld(World):
    """A world in which the steps of a job take their time."""

    def start(self, job_id: str, kind: Any, token: str = "token") -> StepStarted:
        self.ports.clock.advance(timedelta(minutes=2))
        return super().start(job_id, kind, token)

    def train(self, job_id: str, version: str = "2", **result: Any) -> None:
        self.ports.clock.advance(timedelta(minutes=17))
        super().train(job_id, version, **result)

    def validate(self, job_id: str) -> ValidationOutcome:
        self.ports.clock.advance(timedelta(minutes=5))
        return super().validate(job_id)


PAGES: dict[str, Callable[[], str]] = {
    "fleet": a_small_fleet,
    "job": partial(a_job_page, kind=UnhurriedWorld, reason="new labels"),
}


def noted(pages: dict[str, str]) -> str:
    """What is written about pages: a digest of each, whatever numbers are in it."""
    digests = {name: hashlib.sha256(re.sub("[0-9]+", "0", page).encode()).hexdigest() for name, page in pages.items()}
    return "".join(f"{digest}  {name}.html\n" for name, digest in digests.items())


def main() -> int:
    pages = {name: page() for name, page in PAGES.items()}
    # It unpacks itself into the temporary folder, where another process may be doing the same.
    with TemporaryDirectory() as folder:
        files = [Path(folder, f"{name}.html") for name in pages]
        for file, page in zip(files, pages.values(), strict=True):
            file.write_text(page, encoding="utf-8")
        command = ["node", str(SHOOT), str(NODE / "node_modules"), *map(str, files)]
        subprocess.run(command, env={**os.environ, "TMPDIR": folder}, check=True)
        for file in files:
            (IMAGES / f"{file.stem}.png").write_bytes(file.with_suffix(".png").read_bytes())
    NOTED.write_text(noted(pages))
    return 0


if __name__ == "__main__":
    sys.exit(main())
