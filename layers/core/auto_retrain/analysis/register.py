"""The register of live checks."""

from .agreement import Agreement
from .base import LiveCheck
from .business_metric import BusinessMetric
from .error_rate import ErrorRate
from .labelled_quality import LabelledQuality
from .latency import Latency
from .prediction_drift import PredictionDrift

# In the order in which people see the verdicts.
CHECKS: tuple[LiveCheck, ...] = (
    ErrorRate(),
    Latency(),
    LabelledQuality(),
    Agreement(),
    BusinessMetric(),
    PredictionDrift(),
)
