"""For people who serve models from their own code: which version answers a request, and a log of predictions."""

from .prediction_log import PredictionLog
from .router import Pick, Router

__all__ = ["Pick", "PredictionLog", "Router"]
