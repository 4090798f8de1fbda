"""Lists the objects of a data set, and says what is in its place where there are none."""

from collections.abc import Callable

from ...domain.errors import DataMissing
from ...domain.layouts import Layout, other_layout, what_is_there
from ...domain.manifest import DataObject, with_rows
from ...domain.policy.data import DataPolicy, LabelPolicy
from ...domain.windows import Window
from ...ports import Ports

Listing = Callable[[DataPolicy, Window, Ports], list[DataObject]]


def objects_of(data: DataPolicy, window: Window, ports: Ports) -> list[DataObject]:
    """The objects that may have rows of the days of a window; of one table, all for each day."""
    return ports.data.list_partitions(data.prefix, window, data.layout, data.date_column)


def days_of(data: DataPolicy, window: Window, ports: Ports) -> list[DataObject]:
    """As `objects_of`, but of one table only the files with rows of each day, which takes reading a little of them."""
    objects = objects_of(data, window, ports)
    return ports.tables.with_their_days(with_rows(objects, data.format)) if data.date_column else objects


def labels_of(place: LabelPolicy, window: Window, ports: Ports) -> list[DataObject]:
    """The labels that arrived in a window, perhaps none.

    Raises DataMissing if they are in the folders of another layout.
    """
    layout = Layout(place.layout)
    objects = ports.data.list_partitions(place.prefix, window, layout)
    if not objects:
        folder = ports.data.look_below(place.prefix)
        if other_layout(folder.names, layout):
            raise DataMissing(f"no labels in the window {window}: {what_is_there(folder, layout, 'data.labels')}")
    return objects


def explained(error: DataMissing, place: DataPolicy, ports: Ports) -> DataMissing:
    """The same error with what there is instead."""
    return DataMissing(f"{error}: {what_is_there(ports.data.look_below(place.prefix), place.layout)}")
