"""A terminal for a deployment in memory."""

import io
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.cli.__main__ import main
from auto_retrain.domain.policy.policy import AppliedPolicy

POLICY = """
model: churn
owner: team@example.com
data: {prefix: churn, row_id: id, label: left, numeric: [age]}
"""


class Answer(NamedTuple):
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


class Screen(io.StringIO):
    """What a person sees."""

    def isatty(self) -> bool:
        return True


class Terminal:
    """Runs commands in one folder, on the same ports."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.ports = MemoryPorts()
        self._folder = folder
        self._capsys = capsys

    def run(self, *arguments: str) -> Answer:
        code = main(list(arguments), self.ports)
        return Answer(code, *self._capsys.readouterr())

    def ok(self, *arguments: str) -> str:
        """What a command prints; it must succeed."""
        answer = self.run(*arguments)
        assert answer.code == 0, answer.err
        return answer.out

    def seen(self, *arguments: str) -> list[str]:
        """The lines that a person sees of a command on a terminal with 80 columns."""
        screen = Screen()
        with pytest.MonkeyPatch.context() as patch:
            for variable, value in {"COLUMNS": "80", "LINES": "24", "TERM": "dumb"}.items():
                patch.setenv(variable, value)
            patch.setattr(sys, "stdout", screen)
            self.run(*arguments)
        return screen.getvalue().splitlines()

    def file(self, text: str = POLICY, name: str = "churn.yaml") -> str:
        path = self._folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def apply(self, text: str = POLICY) -> str:
        return self.ok("models", "apply", "--actor", "ada", self.file(text))

    def policy(self, model: str = "churn") -> AppliedPolicy:
        applied = self.ports.policies.get(model)
        assert applied is not None
        return applied
