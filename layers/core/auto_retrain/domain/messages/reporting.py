"""Messages of the function that writes the page about the fleet."""

from ..base import Record


class FleetReported(Record):
    """Where the page about the fleet is, how many models it shows, and how many times something needs a person."""

    uri: str
    models: int
    concerns: int
    unreadable: int
