"""Measures the steps of a drill."""

from collections.abc import Callable
from datetime import datetime

from ...domain.drill import DrillStep
from ...domain.errors import AutoRetrainError
from ...domain.text import one_line
from ...ports import Ports


def timed(name: str, check: Callable[[], str | None], ports: Ports) -> DrillStep:
    """How long a check took, and the problem that it returned or the error that it raised, if any."""
    began = ports.clock.now()
    try:
        problem = check()
    except AutoRetrainError as error:
        problem = one_line(f"{type(error).__name__}: {error}")
    return DrillStep(name=name, seconds=seconds_since(began, ports), problem=problem)


def seconds_since(began: datetime, ports: Ports) -> float:
    return max((ports.clock.now() - began).total_seconds(), 0.0)
