"""Promote the challenger as soon as it has passed every gate."""

from .base import Promote, Strategy


class AllAtOnce(Strategy):
    """One step from no request to every request."""

    def next_action(self) -> Promote:
        return Promote()
