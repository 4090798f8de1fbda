"""Whether the data of each model are where its policy says, and recent."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from ...domain.errors import AutoRetrainError
from ...domain.installation import Finding
from ...domain.layouts import what_is_there
from ...domain.manifest import only_others, with_rows
from ...domain.windows import Window
from ...ports import Ports
from ..data.listing import objects_of
from .each_model import Member, ReadFleet, look_at_each


def check_data_places(fleet: ReadFleet, ports: Ports) -> Iterator[Finding]:
    """One finding for each model."""
    return look_at_each("data", fleet, lambda _: True, partial(_data_of, ports=ports))


def _data_of(member: Member, ports: Ports) -> Finding:
    policy = member[0].policy
    subject, data = f"data of {policy.model}", policy.data
    end = ports.clock.now().date()
    window = Window(start=end - timedelta(days=policy.triggers.evaluation_window_days), end=end + timedelta(days=1))
    try:
        objects = objects_of(data, window, ports)
        files = with_rows(objects, data.format)
        if files:
            newest = max(item.date for item in files)
            text = "there are files" if data.date_column else f"the newest day is {newest}"
            return Finding(subject=subject, is_good=True, text=text)
        missing = (
            only_others(objects[-1].name, data.format)
            if objects
            else what_is_there(ports.data.look_below(data.prefix), data.layout)
        )
    except AutoRetrainError as error:
        return Finding.unknown(subject, error)
    remedy = f"auto-retrain models check {policy.model}.yaml --data, and docs/data.md"
    return Finding(subject=subject, is_good=False, text=f"nothing since {window.start}: {missing}", remedy=remedy)
