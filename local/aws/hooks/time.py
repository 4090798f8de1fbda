"""The one hook that is an option and not a correction: time passes faster."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction


@contextmanager
def scale_time(factor: float) -> Iterator[None]:
    """AWS lets a Wait state, and the delay before a retry, take as long as the definition says. moto does the same.

    Here they take this fraction of that time; timeouts and heartbeats stay as they are.
    """
    wait = WaitFunction._wait_interval
    scaled = SimpleNamespace(sleep=lambda seconds: time.sleep(seconds * factor))

    def wait_less(self: WaitFunction, env: Any, wait_seconds: float) -> None:
        wait(self, env, wait_seconds * factor)

    with patch.object(WaitFunction, "_wait_interval", wait_less), patch.object(retrier_decl, "time", scaled):
        yield
