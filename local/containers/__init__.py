"""Commands in processes that leave nothing behind; they are forked from a process that is prepared, where there is one.

Pods of the local cluster and execution environments of the local functions run this way.
"""

from .preparation import Forerunner, Preparation, can_fork
from .programs.shim import SIGNAL_BASE, START_ERROR
from .start import Start

__all__ = ["SIGNAL_BASE", "START_ERROR", "Forerunner", "Preparation", "Start", "can_fork"]
