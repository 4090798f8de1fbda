"""Traffic: which versions of a model answer how many requests, as wished and as it really is."""

from collections.abc import Mapping
from enum import StrEnum

from pydantic import Field

from .base import Record
from .model_version import ModelVersion


class DesiredRoute(Record):
    """What the serving record wants: the challenger answers `weight` percent of the requests, the champion the rest.

    `mirror_share` percent of the requests are copied to the challenger, whose answers nobody gets.
    """

    champion: ModelVersion
    challenger: ModelVersion | None = None
    weight: int = Field(default=0, ge=0, le=100)
    mirror_share: int = Field(default=0, ge=0, le=100)

    @property
    def weights(self) -> dict[str, int]:
        """Percent of the requests by version; versions that answer none are left out."""
        return shares(self.champion.number, self.challenger.number if self.challenger else None, self.weight)

    @property
    def mirrors(self) -> dict[str, int]:
        """Percent of the requests that are copied, by version."""
        return {self.challenger.number: self.mirror_share} if self.challenger and self.mirror_share else {}

    @property
    def as_route(self) -> "Route":
        """The route of a target that follows it."""
        return Route(weights=self.weights, mirrors=self.mirrors)

    @property
    def versions(self) -> tuple[str, ...]:
        """Both, the champion first; a challenger may have no requests yet."""
        return (self.champion.number, *((self.challenger.number,) if self.challenger else ()))


class Route(Record):
    """What the target itself says: percent of the requests by version, and of copies.

    Versions without any are left out. `generation` identifies this state of the target, for a compare-and-set where the
    target has one.
    """

    weights: Mapping[str, float]
    mirrors: Mapping[str, float] = Field(default_factory=dict)
    generation: str | None = None

    def follows(self, desired: DesiredRoute) -> bool:
        """Whether this is what is desired."""
        return dict(self.weights) == desired.weights and dict(self.mirrors) == desired.mirrors

    @property
    def only_version(self) -> str | None:
        """The version that answers every request, if one does."""
        return next(iter(self.weights)) if list(self.weights.values()) == [100] else None

    def __str__(self) -> str:
        shares = [f"version {version}: {share:g} %" for version, share in sorted(self.weights.items())]
        shares += [f"copies to version {version}: {share:g} %" for version, share in sorted(self.mirrors.items())]
        return ", ".join(shares) or "no version"


class EffectState(StrEnum):
    """What became of a change of traffic."""

    IN_FORCE = "in_force"
    PENDING = "pending"
    CONFLICT = "conflict"
    FAILED = "failed"


class Effect(Record):
    """Whether a desired route is in force, and if not, why, in words for people."""

    state: EffectState
    reason: str = ""
    route: Route | None = None


class Capabilities(Record):
    """What a traffic target can do at all; a policy that asks for more is refused when it is applied."""

    weights: bool
    mirror: bool


def shares(champion: str, challenger: str | None, weight: int) -> dict[str, int]:
    """Percent of the requests by version, if a challenger answers `weight` of them; no zeros."""
    if challenger is None:
        return {champion: 100}
    return {version: share for version, share in ((champion, 100 - weight), (challenger, weight)) if share}


def percent(parts: Mapping[str, float]) -> dict[str, float]:
    """Weights that only mean something in proportion to each other, as percent of their sum; no zeros."""
    total = sum(parts.values())
    shares = {version: round(100 * part / total, 2) for version, part in parts.items() if part} if total else {}
    return {version: share for version, share in shares.items() if share}
