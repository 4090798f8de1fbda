"""Whatever goes wrong, people read what it was and what to try; nobody ever sees a traceback."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auto_retrain.adapters.aws import aws_session
from auto_retrain.bootstrap import DeployedPorts
from auto_retrain.cli import jobs
from auto_retrain.cli.__main__ import main
from auto_retrain.cli.commands import arguments_of
from auto_retrain.domain.errors import StoreUnavailable
from auto_retrain.settings import Settings
from local.docs.command_reference import commands
from tests.unit.cli.terminal import POLICY, Answer, Terminal

COMMANDS = list(commands())
# These need no deployment.
OFFLINE = {
    f"auto-retrain {name}" for name in ("completion", "init", "local down", "local env", "local status", "local up")
}
CLOSED = "http://127.0.0.1:9"


def example_of(command: Any) -> list[str]:
    return shlex.split(command.epilog)[2:]


@pytest.fixture(scope="module")
def own_session() -> Iterator[None]:
    """One session for the keys of all these tests: each reads the descriptions of the services from disk."""
    aws_session.cache_clear()
    yield
    aws_session.cache_clear()


@pytest.fixture
def nowhere(own_session: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a policy, and an environment that names no deployment."""
    monkeypatch.chdir(tmp_path)
    Path("churn.yaml").write_text(POLICY)
    for name in (*(field.upper() for field in Settings.model_fields), "AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")


def is_readable(answer: Answer) -> bool:
    return "Traceback" not in answer.out + answer.err and "unexpected" not in answer.err


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=str)
def test_without_an_environment_the_missing_variable_is_named(
    name: str, command: Any, nowhere: None, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = Answer(main(example_of(command)), *capsys.readouterr())
    assert is_readable(answer)
    if name not in OFFLINE:
        assert answer.code != 0
        assert "is not set" in answer.out + answer.err


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=str)
def test_without_a_network_the_place_that_does_not_answer_is_named(
    name: str, command: Any, nowhere: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # One attempt is enough; what waits between attempts is tested with the adapters.
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setenv("AWS_ENDPOINT_URL", CLOSED)
    settings = Settings(
        table_name="jobs",
        state_machine_arn="arn:aws:states:eu-central-1:123456789012:stateMachine:retraining",
        artifacts_bucket="artifacts",
        data_bucket="data",
        anchor_bucket="anchors",
        mlflow_tracking_uri=CLOSED,
        stage="dev",
        cluster_name="models",
        job_namespace="auto-retrain",
    )
    answer = Answer(main(example_of(command), DeployedPorts(settings)), *capsys.readouterr())
    assert is_readable(answer)
    if name not in OFFLINE:
        assert answer.code != 0
        assert CLOSED in answer.out + answer.err


@pytest.mark.parametrize(("name", "command"), COMMANDS, ids=str)
def test_a_wrong_value_is_named_with_what_is_allowed(
    name: str, command: Any, terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where files with odd names may be written
    wrong = "\x1b[31mÄ no\n"
    for argument in arguments_of(command):
        if argument.param_type_name == "option" and not argument.is_flag:
            answer = terminal.run(*example_of(command), argument.opts[0], wrong)
            assert is_readable(answer)
            assert "\x1b" not in answer.err
            assert answer.code == (2 if argument.type_descriptor.annotation is not Path else answer.code)
    answer = terminal.run(*name.split()[1:], "--no-such-option")
    assert answer.code == 2
    assert f"See '{name} --help'" in answer.err


@pytest.mark.parametrize(
    ("endpoint", "hint"),
    [(CLOSED, "'auto-retrain local status' shows whether one runs"), ("https://example.com", "'auto-retrain doctor'")],
)
def test_a_shell_that_was_set_up_for_a_stack_that_has_stopped_is_told_so(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, endpoint: str, hint: str
) -> None:
    def silent(*_: object) -> None:
        raise StoreUnavailable("nothing answers")

    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setattr(jobs, "say", silent)
    assert hint in terminal.run("jobs").err.splitlines()[-1]


def test_an_error_that_nobody_foresaw_is_one_line(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a\nb")

    monkeypatch.setattr(jobs, "say", fail)
    answer = terminal.run("jobs")
    assert (answer.code, answer.err.splitlines()[0]) == (1, r"auto-retrain: unexpected ZeroDivisionError: a\nb")
    monkeypatch.setenv("AUTO_RETRAIN_TRACEBACK", "1")
    assert "Traceback" in terminal.run("jobs").err


def test_ctrl_c_ends_a_command_without_a_word(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(jobs, "say", interrupt)
    assert terminal.run("jobs") == (130, "", "")
