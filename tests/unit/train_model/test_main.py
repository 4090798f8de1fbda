"""How the process ends: its exit code and its last line."""

import errno

import pytest
from botocore.exceptions import ClientError

from train_model import __main__ as process
from train_model.__main__ import is_permanent, main, reason_of
from train_model.errors import DataInvalid, OrderInvalid, RegistryRefused, TrainerBroken, VersionUnusable


@pytest.mark.parametrize(
    "error",
    [
        OrderInvalid("no order"),
        DataInvalid("no rows"),
        TrainerBroken("no model"),
        VersionUnusable("no version"),
        RegistryRefused("no right"),
        OSError(errno.ENOSPC, "No space left on device"),
    ],
)
def test_an_error_that_would_occur_again_is_permanent(error: Exception) -> None:
    assert is_permanent(error)


@pytest.mark.parametrize(
    "error", [ConnectionError("reset"), ClientError({"Error": {"Code": "SlowDown"}}, "GetObject"), MemoryError()]
)
def test_any_other_error_may_be_retried(error: Exception) -> None:
    assert not is_permanent(error)


def test_the_reason_is_one_printable_line_of_limited_length() -> None:
    assert reason_of(DataInvalid("two\nlines\x1b[31m\t of it")) == "two lines [31m of it"
    assert len(reason_of(DataInvalid("x" * 9999))) == 1000


def test_the_reason_of_an_unexpected_error_names_its_type() -> None:
    assert reason_of(ConnectionError("refused")) == "ConnectionError: refused"


def test_a_missing_order_is_the_reason(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("AUTO_RETRAIN_ORDER", raising=False)
    assert main() == 65
    assert capsys.readouterr().err == "there is no order: set AUTO_RETRAIN_ORDER to the order document\n"


@pytest.mark.parametrize(
    ("error", "code", "last_line"),
    [
        (ConnectionError("refused"), 1, "ConnectionError: refused"),
        (KeyboardInterrupt(), 1, "stopped by a signal before the order was carried out"),
        (DataInvalid("no rows"), 65, "no rows"),
    ],
)
def test_the_last_line_is_the_reason(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    last_line: str,
) -> None:
    def fail(*order: str | None) -> None:
        raise error

    monkeypatch.setattr(process, "run_order", fail)
    assert main() == code
    assert capsys.readouterr().err.splitlines()[-1] == last_line


def test_people_see_where_their_trainer_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*order: str | None) -> None:
        raise TrainerBroken("trainer a:b failed") from ZeroDivisionError("their mistake")

    monkeypatch.setattr(process, "run_order", fail)
    assert main() == 65
    assert "ZeroDivisionError: their mistake" in capsys.readouterr().err
