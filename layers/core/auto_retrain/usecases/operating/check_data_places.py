"""Whether the data of each model are where its policy says, and recent."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from ...domain.errors import AutoRetrainError, DataMissing
from ...domain.installation import Finding
from ...domain.layouts import what_is_there
from ...domain.manifest import only_others, with_rows
from ...domain.policy.policy import Policy
from ...domain.windows import Window
from ...ports import Ports
from ..data.listing import labels_of, objects_of
from .each_model import TO_LIST, Member, ReadFleet, look_at_each


def check_data_places(fleet: ReadFleet, ports: Ports) -> Iterator[Finding]:
    """One finding for each model."""
    return look_at_each("data", fleet, lambda _: True, partial(_data_of, ports=ports))


def _data_of(member: Member, ports: Ports) -> Finding:
    policy = member[0].policy
    subject, data = f"data of {policy.model}", policy.data
    end = ports.clock.now().date()
    window = Window(start=end - policy.triggers.evaluation_window, end=end + timedelta(days=1))
    try:
        objects = objects_of(data, window, ports)
        files = with_rows(objects, data.format)
        if files:
            text = "there are files" if data.date_column else f"the newest day is {files[-1].date}"
            return _labels_of(member, text, window, ports)
        missing = (
            only_others(objects, data.format)
            if objects
            else what_is_there(ports.data.look_below(data.prefix), data.layout)
        )
    except AutoRetrainError as error:
        return Finding.unknown(subject, error, TO_LIST)
    return _not_there(policy, f"nothing since {window.start}: {missing}")


def _labels_of(member: Member, found: str, window: Window, ports: Ports) -> Finding:
    """Good if there are labels as well, where these have a data set of their own."""
    policy = member[0].policy
    place, delay = policy.data.labels, timedelta(days=policy.data.label_delay_days)
    if place:
        arrived = Window(start=window.start - delay, end=window.end)
        try:
            labels = labels_of(place, arrived, ports)
        except DataMissing as error:
            return _not_there(policy, f"{found}, but {error}")
        if not labels:
            return _not_there(policy, f"{found}, but there are no labels under '{place.prefix}/' since {arrived.start}")
        found = f"{found}, that of labels {labels[-1].date}"
    return Finding(subject=f"data of {policy.model}", is_good=True, text=found)


def _not_there(policy: Policy, text: str) -> Finding:
    remedy = f"auto-retrain models check {policy.model}.yaml --data, and docs/data.md"
    return Finding(subject=f"data of {policy.model}", is_good=False, text=text, remedy=remedy)
