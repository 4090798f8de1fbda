"""What must be started anew in a forked process, which has no thread but the one that forked."""

import os
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

_Each = TypeVar("_Each")

# One callback for all, because a callback can never be taken back; whoever is gone is left out.
_restarts: "weakref.WeakKeyDictionary[Any, Callable[[Any], None]]" = weakref.WeakKeyDictionary()


def in_each_child(each: _Each, restart: Callable[[_Each], None]) -> None:
    """Call `restart(each)` in every process that is forked from this one, as long as `each` is in use."""
    _restarts[each] = restart


def _restart_all() -> None:
    for each, restart in list(_restarts.items()):
        restart(each)


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=_restart_all)
