"""Lists the objects of a data set, and says what is in its place where there are none."""

from collections.abc import Callable

from ...domain.errors import DataMissing
from ...domain.layouts import Layout, is_hidden, other_layout, what_is_there
from ...domain.manifest import DataObject, only_others, with_rows
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

    Raises DataMissing if they are in the folders of another layout, or files of another format.
    """
    layout = Layout(place.layout)
    objects = ports.data.list_partitions(place.prefix, window, layout)
    files = [item for item in objects if not is_hidden(item.name)]
    if files and not with_rows(files, place.format):
        others = only_others(files, place.format, "data.labels")
        raise DataMissing(f"no labels under '{place.prefix}/' in the window {window}: {others}")
    if not objects:
        folder = ports.data.look_below(place.prefix)
        if other_layout(folder.names, layout):
            raise DataMissing(f"no labels in the window {window}: {what_is_there(folder, layout, 'data.labels')}")
    return objects


def explained(error: DataMissing, place: DataPolicy, has_objects: bool, ports: Ports) -> DataMissing:
    """The same error with what there is instead; with some objects that were listed, only what is in other folders."""
    folder = ports.data.look_below(place.prefix)
    if not has_objects:
        return DataMissing(f"{error}: {what_is_there(folder, place.layout)}")
    other = other_layout(folder.names, place.layout)
    if other is None:
        return error
    return DataMissing(f"{error}; there are objects under {other[1]} as well: all days have to be in one data.layout")
