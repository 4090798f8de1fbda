"""Commands in processes that leave nothing behind; they are forked from a process that is prepared, where there is one.

Pods of the local cluster, execution environments of the local functions and MLflow servers run this way.
"""

from .logged_process import LoggedProcess
from .preparation import Forerunner, Preparation, can_fork, kept_forerunner
from .programs.shim import SIGNAL_BASE, START_ERROR
from .start import Start

__all__ = [
    "SIGNAL_BASE",
    "START_ERROR",
    "Forerunner",
    "LoggedProcess",
    "Preparation",
    "Start",
    "can_fork",
    "kept_forerunner",
]
