"""How many requests count where several are of one entity: a customer who fails a hundred times is one customer."""

from collections.abc import Callable
from typing import NamedTuple

from ..domain.live import ArmCounts, LiveCounts

# With fewer, nobody knows whether an entity's requests fail alike.
_MIN_ERRORS = 20
_SIZES = ("requests", "entities", "entity_squares", "errors", "error_squares", "error_products")


class Counted(NamedTuple):
    """Rows of both arms that count as independent; or the share of rows that do."""

    champion: float
    challenger: float

    def and_then(self, later: "Counted") -> "Counted":
        return Counted(self.champion + later.champion, self.challenger + later.challenger)


def shares_of(counts: LiveCounts) -> Counted:
    """The shares of the requests of a step, as if all of an entity went alike."""
    return Counted(_share(counts.champion), _share(counts.challenger))


def shares_of_errors(counts: LiveCounts) -> Counted:
    """The same where it is known how far the requests of an entity fail alike."""
    return Counted(_share_of_errors(counts.champion), _share_of_errors(counts.challenger))


def newly_counted(
    counts: LiveCounts,
    since: LiveCounts,
    rows: tuple[int, int],
    new: tuple[int, int],
    shares: Callable[[LiveCounts], Counted] = shares_of,
) -> Counted:
    """What so many new rows add to those that count in a step, with these rows in it; less than 0 if an entity became
    heavier. So an entity that returns counts once, however many looks lie between its requests.
    """
    if not counts.champion.entities and not counts.challenger.entities:  # the source knows none, so all rows count
        return Counted(float(new[0]), float(new[1]))
    before = LiveCounts.unchecked(
        champion=_before(counts.champion, since.champion), challenger=_before(counts.challenger, since.challenger)
    )
    ends = zip(shares(counts), shares(before), rows, new, strict=True)
    return Counted(*(now * number - was * (number - added) for now, was, number, added in ends))


def _before(now: ArmCounts, since: ArmCounts) -> ArmCounts:
    return ArmCounts.unchecked(**{name: getattr(now, name) - getattr(since, name) for name in _SIZES})


def _share(arm: ArmCounts) -> float:
    """1 if the source knows no entities.

    Source: L. Kish, "Survey Sampling" (1965): the variance is that of (sum of sizes)² / (sum of their squares) rows.
    """
    if not arm.entities or not arm.requests:
        return 1.0
    # Counts that were stored before squares were counted: as if all entities were alike.
    squares = arm.entity_squares or arm.requests**2 / arm.entities
    return min(arm.requests / squares, 1.0)


def _share_of_errors(arm: ArmCounts) -> float:
    """The variance of single requests, divided by that of entities around what their sizes make expect.

    Source: J. N. K. Rao and A. J. Scott, "A simple method for the analysis of clustered binary data", Biometrics 48
    (1992).
    """
    if arm.errors < _MIN_ERRORS or not arm.error_squares:
        return _share(arm)
    rate = arm.errors / arm.requests
    off = arm.error_squares - 2 * rate * arm.error_products + rate**2 * arm.entity_squares
    alone = arm.requests * rate * (1 - rate)
    return max(min(alone / off, 1.0), _share(arm)) if off > 0 else _share(arm)
