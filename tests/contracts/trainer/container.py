"""The training container as a child process: its entry point in its own environment."""

import contextlib
import io
import json
import os
import subprocess
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from local.paths import CORE, TRAINER, env_python
from train_model.__main__ import main

DEADLINE_SECONDS = 120


@dataclass(frozen=True)
class Ended:
    """How a process ended; the reason is its last line on stderr."""

    code: int
    reason: str


class Container:
    """Starts one process for each order."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = {**env, "PYTHONPATH": f"{CORE}"}

    def start(self, order: Mapping[str, Any] | list[dict[str, Any]], **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [env_python("trainer"), "-m", "train_model"],
            cwd=TRAINER.parent,
            env={**self._env, **env, "AUTO_RETRAIN_ORDER": json.dumps(order)},
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, order: Mapping[str, Any] | list[dict[str, Any]], **env: str) -> Ended:
        return end_of(self.start(order, **env))

    def run_here(self, order: Mapping[str, Any] | list[dict[str, Any]], **env: str) -> Ended:
        """Carry out an order in this process, which has imported the libraries; a new one needs seconds for that."""
        stderr, given = io.StringIO(), {**self._env, **env, "AUTO_RETRAIN_ORDER": json.dumps(order)}
        # Warnings of libraries are errors in tests only.
        quiet = warnings.catch_warnings(action="ignore")
        with patch.dict(os.environ, given, clear=True), contextlib.redirect_stderr(stderr), quiet:
            code = main()
        lines = stderr.getvalue().splitlines()
        return Ended(code, lines[-1] if lines else "")


def end_of(process: subprocess.Popen[str]) -> Ended:
    """Wait for a process."""
    _, stderr = process.communicate(timeout=DEADLINE_SECONDS)
    lines = stderr.splitlines()
    return Ended(process.returncode, lines[-1] if lines else "")
