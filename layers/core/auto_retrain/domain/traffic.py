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
        shares = {self.champion.number: 100 - self.weight}
        if self.challenger:
            shares[self.challenger.number] = self.weight
        return {version: share for version, share in shares.items() if share}


class Route(Record):
    """What is in force, as the target itself says: percent of the requests by version, and of copies.

    `generation` identifies this state of the target, for a compare-and-set where the target has one.
    """

    weights: Mapping[str, int]
    mirrors: Mapping[str, int] = Field(default_factory=dict)
    generation: str | None = None

    def follows(self, desired: DesiredRoute) -> bool:
        """Whether this is what is desired."""
        mirrors = {desired.challenger.number: desired.mirror_share} if desired.challenger else {}
        return dict(self.weights) == desired.weights and dict(self.mirrors) == {
            version: share for version, share in mirrors.items() if share
        }


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
