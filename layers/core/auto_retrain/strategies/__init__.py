"""Ways to put a challenger into production, one file each; the register is here."""

from .all_at_once import AllAtOnce
from .base import Promote, Strategy

__all__ = ["STRATEGIES", "Promote", "Strategy"]

STRATEGIES: dict[str, Strategy] = {"all_at_once": AllAtOnce()}
