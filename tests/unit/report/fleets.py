"""A fleet with something of everything, for its page."""

from datetime import timedelta

from auto_retrain.domain.fleet_overview import Concern, FleetOverview, FleetRow, Health
from tests.unit.builders import NOON

LONGEST = "m" * 40


def a_row(model: str, health: Health = Health.HEALTHY, **changes: object) -> FleetRow:
    row = FleetRow(
        model=model,
        owner="team@example.com",
        health=health,
        why="data checked for drift on 2026-03-01, no trigger met in 7 days",
        champion="12",
        since=NOON - timedelta(days=12),
        decision=f"{model}-0123456789",
        page=f"jobs/{model}-0123456789/job.html",
        outcome="promoted",
        next_due=NOON + timedelta(days=5),
        spent=0.0,
        notes=(),
    )
    return row._replace(**changes)


def a_fleet(name: str = "data@example.com", models: int = 260) -> FleetOverview:
    """Models of each health, with a name from outside wherever there can be one."""
    kinds = list(Health)
    rows = [a_row(f"churn-{number:03}", kinds[number % 4], owner=name, why=f"why {name}") for number in range(models)]
    rows[0] = rows[0]._replace(notes=(f"paused: {name}",), champion=name, page=None, outcome="running")
    rows[1] = rows[1]._replace(champion=None, since=None, decision=None, page=None, outcome=None, next_due=None)
    rows[5], rows[6] = rows[5]._replace(spent=9.5), rows[6]._replace(spent=10.25)
    rows[2] = rows[2]._replace(champion="9")
    rows[-1] = rows[-1]._replace(model=LONGEST, decision=f"{LONGEST}-0123456789")
    concerns = [
        Concern("churn-000", name, f"version 3 failed: {name}", "auto-retrain acknowledge churn-000 --reason TEXT"),
        Concern(
            "churn-001",
            name,
            "version 7 waits for a review until 2026-03-02 12:00 UTC",
            "auto-retrain approve churn-001-2",
        ),
    ]
    return FleetOverview(NOON, rows, concerns, [f"policy of 'broken' cannot be read: {name}"])
