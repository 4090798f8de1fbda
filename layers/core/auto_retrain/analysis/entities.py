"""How many requests count where several are of one entity: a customer who fails a hundred times is one customer."""

from typing import NamedTuple

from ..domain.live import ArmCounts, LiveCounts


class Counted(NamedTuple):
    """Rows of both arms that count as independent; or the share of rows that do."""

    champion: float
    challenger: float

    def and_then(self, later: "Counted") -> "Counted":
        return Counted(self.champion + later.champion, self.challenger + later.challenger)


def shares_of(counts: LiveCounts) -> Counted:
    """The shares of the requests of a step."""
    return Counted(_share(counts.champion), _share(counts.challenger))


def newly_counted(counts: LiveCounts, since: LiveCounts, rows: tuple[int, int], new: tuple[int, int]) -> Counted:
    """What so many new rows add to those that count in a step, with these rows in it; less than 0 if an entity became
    heavier. So an entity that returns counts once, however many looks lie between its requests.
    """
    arms = ((counts.champion, since.champion), (counts.challenger, since.challenger))
    return Counted(*(_added(*arm, *numbers) for arm, *numbers in zip(arms, rows, new, strict=True)))


def _added(now: ArmCounts, since: ArmCounts, rows: int, new: int) -> float:
    before = ArmCounts.model_construct(
        requests=now.requests - since.requests,
        entities=now.entities - since.entities,
        entity_squares=now.entity_squares - since.entity_squares,
    )
    return rows * _share(now) - (rows - new) * _share(before)


def _share(arm: ArmCounts) -> float:
    """As if all requests of an entity went alike; 1 if the source knows no entities.

    Source: L. Kish, "Survey Sampling" (1965): the variance is that of (sum of sizes)² / (sum of their squares) rows.
    """
    if not arm.entities or not arm.requests:
        return 1.0
    # Counts that were stored before squares were counted: as if all entities were alike.
    squares = arm.entity_squares or arm.requests**2 / arm.entities
    return min(arm.requests / squares, 1.0)
