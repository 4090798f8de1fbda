"""What is checked while a challenger answers real requests, and where its requests are counted."""

from ..base import StrictRecord


class AnalysisPolicy(StrictRecord):
    """The live checks of a rollout."""
