"""Lists the objects of a data set, and says what is in its place where there are none."""

from ...domain.errors import DataMissing
from ...domain.layouts import other_layout, what_is_there
from ...domain.manifest import DataObject
from ...domain.policy.data import DataPolicy, LabelPolicy
from ...domain.windows import Window
from ...ports import Ports


def objects_of(place: DataPolicy | LabelPolicy, window: Window, ports: Ports) -> list[DataObject]:
    """The objects of the days of a window."""
    return ports.data.list_partitions(place.prefix, window, place.layout)


def labels_of(place: LabelPolicy, window: Window, ports: Ports) -> list[DataObject]:
    """The labels that arrived in a window, perhaps none.

    Raises DataMissing if they are in the folders of another layout.
    """
    objects = objects_of(place, window, ports)
    if not objects:
        folder = ports.data.look_below(place.prefix)
        if other_layout(folder.names, place.layout):
            raise DataMissing(f"no labels in the window {window}: {what_is_there(folder, place.layout, 'data.labels')}")
    return objects


def explained(error: DataMissing, place: DataPolicy, ports: Ports) -> DataMissing:
    """The same error with what there is instead."""
    return DataMissing(f"{error}: {what_is_there(ports.data.look_below(place.prefix), place.layout)}")
