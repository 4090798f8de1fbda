"""Live checks: whether a challenger does well while it answers real requests, one file each."""

from .analyse import analyse
from .register import CHECKS

__all__ = ["CHECKS", "analyse"]
