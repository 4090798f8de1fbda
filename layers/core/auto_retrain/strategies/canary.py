"""A small share of the requests first, then more, then all."""

from .baking import Baking


class Canary(Baking):
    """The weights are those in the policy."""
