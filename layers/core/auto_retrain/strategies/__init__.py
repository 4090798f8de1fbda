"""Ways to put a challenger into production, one file each; the register is here."""

from .all_at_once import AllAtOnce
from .bandit import Bandit
from .base import Action, Hold, Mirror, Promote, RollBack, SetWeight, Strategy
from .blue_green import BlueGreen
from .canary import Canary
from .gradual import Gradual
from .shadow import Shadow

__all__ = ["STRATEGIES", "Action", "Hold", "Mirror", "Promote", "RollBack", "SetWeight", "Strategy"]

STRATEGIES: dict[str, Strategy] = {
    "all_at_once": AllAtOnce(),
    "canary": Canary(),
    "gradual": Gradual(),
    "blue_green": BlueGreen(),
    "shadow": Shadow(),
    "bandit": Bandit(),
}
