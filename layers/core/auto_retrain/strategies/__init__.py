"""Ways to put a challenger into production, one file each; the register is here."""

from .all_at_once import AllAtOnce
from .base import Action, Hold, Mirror, Promote, RollBack, SetWeight, Strategy

__all__ = ["STRATEGIES", "Action", "Hold", "Mirror", "Promote", "RollBack", "SetWeight", "Strategy"]

STRATEGIES: dict[str, Strategy] = {"all_at_once": AllAtOnce()}
