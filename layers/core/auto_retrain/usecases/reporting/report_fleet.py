"""Writes the page about all models among the artifacts, where its links lead to the pages about jobs."""

from ...domain.messages.references import ScheduledEvent
from ...domain.messages.reporting import FleetReported
from ...domain.pages import FLEET_PAGE
from ...ports import Ports
from ...report import render_fleet
from .fleet_page import overview


def report_fleet(tick: ScheduledEvent, ports: Ports) -> FleetReported:
    """Replace the page; the time in it is that of the clock, whatever the event says."""
    fleet = overview(ports)
    uri = ports.data.write(FLEET_PAGE, render_fleet(fleet).encode())
    return FleetReported(
        uri=uri, models=len(fleet.rows), concerns=len(fleet.concerns), unreadable=len(fleet.unreadable)
    )
