"""Whether the models whose metric is from their prediction log have one, and labels for it."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from ...domain.errors import AutoRetrainError
from ...domain.installation import Finding
from ...domain.layouts import SHOWN, Layout, is_hidden
from ...domain.trigger_type import TriggerType
from ...domain.windows import Window
from ...ports import Ports
from .each_model import TO_LIST, Member, ReadFleet, look_at_each

# A model that answers nothing on weekends has files all the same.
LOOKED_AT = timedelta(days=7)
_REMEDIES = {
    "answer": "see whether its servers run and write the log: docs/prediction-log.md",
    "label": "see whoever delivers the labels, and data.label_delay_days: docs/triggers.md#labels-that-arrive-later",
}


def check_logs(fleet: ReadFleet, ports: Ports) -> Iterator[Finding]:
    """One finding for each model whose metric, or the estimate of it, is from its log."""
    return look_at_each("prediction logs", fleet, _is_logged, partial(_log_of, ports=ports))


def _is_logged(member: Member) -> bool:
    policy = member[0].policy
    return policy.metric.source == "prediction_log" or policy.triggers.enables(TriggerType.ESTIMATED_PERFORMANCE)


def _log_of(member: Member, ports: Ports) -> Finding:
    policy = member[0].policy
    metric = policy.logged_metric
    assert metric is not None
    subject, delay = f"log of {policy.model}", timedelta(days=policy.data.label_delay_days)
    of_labels = policy.data.place_of_labels
    places = {
        "answer": (metric.prefix_of(policy.model), Layout.DATE, None),
        "label": (of_labels.prefix, of_labels.layout, of_labels.date_column),
    }
    if policy.metric.source != "prediction_log":
        # An estimate needs no labels.
        del places["label"]
    today = ports.clock.now().date()
    try:
        for what, (prefix, layout, column) in places.items():
            since = today - LOOKED_AT - (delay if what == "label" else timedelta())
            window = Window(start=since, end=today + timedelta(days=1))
            listed = ports.data.list_partitions(prefix, window, layout, column)
            if all(is_hidden(item.name) for item in listed):
                missing = f"'{prefix}/{SHOWN[layout]}' has no file since {since}, so no {what} counts"
                return Finding(subject=subject, is_good=False, text=missing, remedy=_REMEDIES[what])
    except AutoRetrainError as error:
        return Finding.unknown(subject, error, TO_LIST)
    return Finding(subject=subject, is_good=True, text=f"there are {'s and '.join(places)}s of the last days")
