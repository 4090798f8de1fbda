"""A command that takes a while shows a person that it is at work, and a program nothing."""

import sys

import pytest

from auto_retrain.cli.waiting import at_work
from tests.unit.cli.terminal import Screen


def test_on_a_terminal_there_is_a_sign_of_life_that_vanishes(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with at_work("reading [bold] data"):
        pass
    assert "reading [bold] data" in screen.getvalue()
    assert screen.getvalue().endswith("\x1b[2K")


def test_in_a_pipe_there_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    with at_work("reading data"):
        pass
    assert capsys.readouterr() == ("", "")
