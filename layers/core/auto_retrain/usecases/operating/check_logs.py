"""Whether the models whose metric is from their prediction log have one, and labels for it."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from ...domain.errors import AutoRetrainError
from ...domain.installation import Finding
from ...domain.layouts import SHOWN, Layout
from ...domain.policy.metric import PredictionLogMetric
from ...domain.policy.policy import Policy, PolicyStatus
from ...domain.windows import Window
from ...ports import Ports

# A model that answers nothing on weekends has files all the same.
LOOKED_AT = timedelta(days=7)
# One listing or two for each.
MAX_MODELS = 50


def check_logs(ports: Ports) -> Iterator[Finding]:
    """One finding for each of up to 50 models; none if no policy has such a metric."""
    try:
        policies = (applied.policy for applied, _ in ports.policies.fleet([]) if applied.status is PolicyStatus.ACTIVE)
        logged = list(islice((each for each in policies if each.metric.source == "prediction_log"), MAX_MODELS))
    except AutoRetrainError as error:
        yield Finding(subject="prediction logs", is_good=None, text=_why_not(error))
        return
    for policy in logged:
        yield _log_of(policy, ports)


def _log_of(policy: Policy, ports: Ports) -> Finding:
    assert isinstance(policy.metric, PredictionLogMetric)
    subject, delay = f"log of {policy.model}", timedelta(days=policy.data.label_delay_days)
    of_labels = policy.data.place_of_labels
    places = {
        "answer": (policy.metric.prefix_of(policy.model), Layout.DATE, None),
        "label": (of_labels.prefix, of_labels.layout, of_labels.date_column),
    }
    today = ports.clock.now().date()
    try:
        for what, (prefix, layout, column) in places.items():
            since = today - LOOKED_AT - (delay if what == "label" else timedelta())
            if not ports.data.list_partitions(
                prefix, Window(start=since, end=today + timedelta(days=1)), layout, column
            ):
                missing = f"'{prefix}/{SHOWN[layout]}' has no file since {since}, so no {what} counts"
                return Finding(subject=subject, is_good=False, text=missing)
    except AutoRetrainError as error:
        return Finding(subject=subject, is_good=None, text=_why_not(error))
    return Finding(subject=subject, is_good=True, text="there are answers and labels of the last days")


def _why_not(error: AutoRetrainError) -> str:
    return f"cannot be checked: {type(error).__name__}: {error}"
