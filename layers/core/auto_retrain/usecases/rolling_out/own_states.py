"""Tells what we put alias and traffic to ourselves from what somebody else did."""

from collections.abc import Sequence

from ...domain.deployment_ledger import LedgerLine
from ...domain.policy.traffic import TrafficTarget
from ...domain.serving import ServingRecord, changed_meanwhile
from ...domain.traffic import DesiredRoute, Route
from ...ports import Ports

# Changes that may not have been read back yet; each pass of the watcher tries to.
MAX_LINES = 100


class OwnStates:
    """What any change asked for since alias and traffic last followed: they are merely behind if they are like that.

    `written` is what this very process wrote for a record that was no longer the newest. Where we have never been
    followed before, whatever served before our first change is merely behind, too.
    """

    def __init__(
        self, record: ServingRecord, target: TrafficTarget, written: Sequence[DesiredRoute], ports: Ports
    ) -> None:
        self._record, self._written, self._ports = record, written, ports
        applied = record.applied
        self._alias_since = applied.sequence if applied else None
        self._route_since = applied.sequence if applied and applied.target == target else None
        self._lines: list[LedgerLine] = []

    @property
    def knows_target(self) -> bool:
        """Whether this target has followed the record before."""
        return self._route_since is not None

    def read(self) -> None:
        """Read the changes; raises ServingConflict if there is a newer one than that of the record."""
        self._lines = self._ports.ledger.lines(self._record.model_name, MAX_LINES)
        if self._lines and self._lines[0].sequence > self._record.sequence:
            raise changed_meanwhile(self._record)

    def have_alias(self, version: str | None) -> bool:
        """Whether the alias may name this version because of us."""
        ours = {line.version.number for line in self._since(self._alias_since)}
        ours |= {desired.champion.number for desired in self._written}
        return self._record.overrules or version in ours or self._was_before(self._alias_since, version)

    def keep_alias(self, version: str) -> bool:
        """Whether no change has asked for another version since the alias last followed."""
        champions = {line.version.number for line in self._since(self._alias_since)}
        return self._alias_since is not None and champions == {version}

    def have_route(self, route: Route) -> bool:
        """Whether traffic may be routed like this because of us."""
        ours = [line.route for line in self._since(self._route_since)]
        ours += [desired.as_route for desired in self._written]
        is_ours = any((each.weights, each.mirrors) == (route.weights, route.mirrors) for each in ours)
        is_whole = not route.mirrors and (not route.weights or route.only_version is not None)
        was_before = is_whole and self._was_before(self._route_since, route.only_version)
        return self._record.overrules or is_ours or was_before

    def _since(self, sequence: int | None) -> list[LedgerLine]:
        return [line for line in self._lines if sequence is None or line.sequence >= sequence]

    def _was_before(self, since: int | None, version: str | None) -> bool:
        return since is None and version in {line.previous_version for line in self._lines}
