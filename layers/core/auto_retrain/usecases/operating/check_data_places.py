"""Whether the data of each model are where its policy says, and recent."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from ...domain.errors import AutoRetrainError
from ...domain.installation import Finding
from ...domain.layouts import what_is_there
from ...domain.policy.policy import Policy, PolicyStatus
from ...domain.windows import Window
from ...ports import Ports
from ..data.listing import objects_of

# One listing or two for each.
MAX_MODELS = 50


def check_data_places(ports: Ports) -> Iterator[Finding]:
    """One finding for each of up to 50 models."""
    try:
        active = (applied.policy for applied, _ in ports.policies.fleet([]) if applied.status is PolicyStatus.ACTIVE)
        policies = list(islice(active, MAX_MODELS))
    except AutoRetrainError as error:
        yield Finding(subject="data", is_good=None, text=f"cannot be checked: {type(error).__name__}: {error}")
        return
    for policy in policies:
        yield _data_of(policy, ports)


def _data_of(policy: Policy, ports: Ports) -> Finding:
    subject, data = f"data of {policy.model}", policy.data
    end = ports.clock.now().date()
    window = Window(start=end - timedelta(days=policy.triggers.evaluation_window_days), end=end + timedelta(days=1))
    try:
        objects = objects_of(data, window, ports)
        if objects:
            newest = max(item.date for item in objects)
            text = "there are objects" if data.date_column else f"the newest day is {newest}"
            return Finding(subject=subject, is_good=True, text=text)
        missing = what_is_there(ports.data.look_below(data.prefix), data.layout)
    except AutoRetrainError as error:
        return Finding(subject=subject, is_good=None, text=f"cannot be checked: {type(error).__name__}: {error}")
    remedy = f"auto-retrain models check {policy.model}.yaml --data, and docs/data.md"
    return Finding(subject=subject, is_good=False, text=f"nothing since {window.start}: {missing}", remedy=remedy)
