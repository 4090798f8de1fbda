"""Changes a serving record although others change it at the same time."""

from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from ...domain.errors import ServingConflict
from ...domain.serving import ServingRecord
from ...ports import Ports

Result = TypeVar("Result")

MAX_CONFLICTS = 8


def on_newest(model_name: str, step: Callable[[ServingRecord], Result], ports: Ports) -> Result:
    """The result of a step on the newest record; it is taken again each time that somebody else was faster.

    Raises ServingConflict if somebody else always is.
    """
    for _ in range(MAX_CONFLICTS):
        with suppress(ServingConflict):
            return step(ports.ledger.serving(model_name))
    return step(ports.ledger.serving(model_name))
