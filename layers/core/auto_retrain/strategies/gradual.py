"""A share of the requests that grows by the same amount in every step."""

from .baking import Baking


class Gradual(Baking):
    """The weights follow from start and step."""
