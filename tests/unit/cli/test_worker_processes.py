"""Many models are shared among processes, each with ports of its own; few are done at once."""

import os
from typing import Any

import pytest

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.cli import worker_processes
from auto_retrain.cli.worker_processes import ITEMS_PER_PROCESS, for_each

MANY = 2 * ITEMS_PER_PROCESS


def connect() -> Any:
    ports: Any = MemoryPorts(stage=f"of {os.getpid()}")
    return ports


def double(item: int, ports: Any) -> tuple[int, str]:
    return 2 * item, ports.stage


def refuse(item: int, ports: Any) -> int:
    raise ValueError(f"not {item}")


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_processes.os, "cpu_count", lambda: 2)


def test_few_are_done_here() -> None:
    done = list(for_each(double, range(MANY - 1), connect, connect()))
    assert done == [(2 * item, f"of {os.getpid()}") for item in range(MANY - 1)]


def test_many_are_done_by_processes_that_connect_themselves_and_come_back_in_order() -> None:
    done = list(for_each(double, range(MANY), connect, connect()))
    assert [number for number, _ in done] == [2 * item for item in range(MANY)]
    assert f"of {os.getpid()}" not in {by for _, by in done}


def test_what_one_raises_is_raised_here() -> None:
    with pytest.raises(ValueError, match="not 0"):
        list(for_each(refuse, range(MANY), connect, connect()))
