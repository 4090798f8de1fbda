"""How a promoted version goes into production: the strategy, the target of its traffic, and the live checks."""

from itertools import pairwise
from math import ceil
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from ..base import StrictRecord
from .analysis import AnalysisPolicy
from .requests import PredictionLogRequests, RequestsPolicy
from .traffic import CAPABILITIES, AliasTarget, TrafficTarget

MAX_STEPS = 50
MAX_PLANNED_DAYS = 21
_MINUTES_PER_DAY = 24 * 60
# What a strategy asks of the target of its traffic, in words for people.
_NEEDS = {"weights": "split traffic", "mirror": "copy requests"}

_Strategy = Field(description="how a version goes into production")
Percent = Annotated[int, Field(ge=1, le=99)]


class _Deployment(StrictRecord):
    needs: ClassVar[Literal["weights", "mirror"] | None] = "weights"
    # Whether a promotion needs a proof, and whether every check that counts has to be met for it.
    needs_proof: ClassVar[bool] = False
    asks_every_check: ClassVar[bool] = False

    traffic: TrafficTarget = Field(default_factory=AliasTarget.as_default)
    requests: RequestsPolicy = Field(default_factory=PredictionLogRequests.as_default)
    analysis: AnalysisPolicy = Field(default_factory=AnalysisPolicy.as_default)
    min_requests: int = Field(
        default=500,
        ge=1,
        le=1_000_000_000,
        description="requests that a challenger has to answer in its last step before it is promoted",
    )
    watch_days: int = Field(
        default=7,
        ge=0,
        le=90,
        description="a promotion is provisional for so many days: a champion that does worse than the one before it is "
        "taken back; 0: never",
    )
    max_hold_minutes: int = Field(
        default=1440,
        ge=5,
        le=43_200,
        description="how far a rollout may fall behind its plan for want of data; then it is rolled back",
    )

    max_drill_age_days: int | None = Field(
        default=None,
        ge=1,
        le=3650,
        description="age of the last good drill of a rollback from which on every promotion says so; none: drills are "
        "not asked for",
    )

    needs_way_back: bool = Field(
        default=True,
        description="whether nothing is promoted while the files of the champion are missing or changed, so that it "
        "could not be put back",
    )

    @property
    def plan(self) -> tuple[int, ...]:
        """Percent of the requests that the challenger answers, at most, in each step before it is promoted."""
        return ()

    @property
    def step_minutes(self) -> int:
        """How long each step lasts at least."""
        return 0

    @property
    def planned_minutes(self) -> int:
        """How long a rollout takes that never has to wait for data."""
        return len(self.plan) * self.step_minutes

    @property
    def longest_minutes(self) -> int:
        """When a rollout has ended, one way or the other, unless a person pauses it."""
        return self.planned_minutes + self.max_hold_minutes

    @property
    def longest_step_minutes(self) -> int:
        """When the last step has ended, if those before it were in time, unless a person pauses it."""
        return self.step_minutes + self.max_hold_minutes

    @property
    def needs_labels(self) -> bool:
        """Whether nothing is promoted without labels."""
        checks = self.analysis
        return self.needs_proof and (checks.labelled_quality.required or not checks.error_rate.counts)

    @model_validator(mode="after")
    def _fits_its_target(self) -> Self:
        need, can = self.needs, CAPABILITIES[self.traffic.adapter]
        if need and not getattr(can, need):
            able = " or ".join(f"'{name}'" for name, each in CAPABILITIES.items() if getattr(each, need))
            strategy: str = getattr(self, "strategy", "")
            chosen = f"strategy = '{strategy}': traffic.adapter = '{self.traffic.adapter}' cannot {_NEEDS[need]}"
            instead = "canary" if can.weights else "all_at_once"
            raise ValueError(f"{chosen}; use {instead}, or traffic.adapter = {able}")
        return self


class AllAtOnceDeployment(_Deployment):
    """The challenger answers every request as soon as it has passed every gate."""

    needs = None

    strategy: Literal["all_at_once"] = Field(default="all_at_once", description="how a version goes into production")


class _Baking(_Deployment):
    bake_minutes: int = Field(
        default=60, ge=1, le=MAX_PLANNED_DAYS * _MINUTES_PER_DAY, description="how long each step lasts at least"
    )

    @property
    def step_minutes(self) -> int:
        return self.bake_minutes

    @model_validator(mode="after")
    def _ends_in_time(self) -> Self:
        if self.planned_minutes > MAX_PLANNED_DAYS * _MINUTES_PER_DAY:
            together = f"{len(self.plan)} steps take {self.planned_minutes / _MINUTES_PER_DAY:.1f} days together"
            raise ValueError(f"bake_minutes = {self.bake_minutes}: {together}; at most {MAX_PLANNED_DAYS} are allowed")
        return self


class CanaryDeployment(_Baking):
    """The challenger answers a small share of the requests first, then more, then all."""

    needs_proof = True
    asks_every_check = True

    strategy: Literal["canary"] = _Strategy
    weights: tuple[Percent, ...] = Field(
        default=(5, 25, 50),
        min_length=1,
        max_length=MAX_STEPS,
        description="percent of the requests in each step, increasing; after the last it is promoted",
    )

    @property
    def plan(self) -> tuple[int, ...]:
        return self.weights

    @model_validator(mode="after")
    def _increases(self) -> Self:
        for before, after in pairwise(self.weights):
            if after <= before:
                raise ValueError(f"weights = {list(self.weights)}: must increase, but {after} follows {before}")
        return self


class GradualDeployment(_Baking):
    """The share of the challenger grows by the same amount in every step, up to all requests."""

    needs_proof = True
    asks_every_check = True

    strategy: Literal["gradual"] = _Strategy
    start: Percent = Field(default=5, description="percent of the requests in the first step")
    step: Percent = Field(default=5, description="percentage points by which each step is larger than the last")

    @property
    def plan(self) -> tuple[int, ...]:
        return tuple(range(self.start, 100, self.step))

    @model_validator(mode="after")
    def _has_few_steps(self) -> Self:
        if len(self.plan) > MAX_STEPS:
            needed = ceil((100 - self.start) / MAX_STEPS)
            steps = f"{len(self.plan)} steps from start = {self.start} to 100; at most {MAX_STEPS} are allowed"
            raise ValueError(f"step = {self.step}: makes {steps}, so at least {needed}")
        return self


class BlueGreenDeployment(_Baking):
    """The challenger answers every request at once, while the champion is kept ready to take over again."""

    strategy: Literal["blue_green"] = _Strategy

    @property
    def plan(self) -> tuple[int, ...]:
        return (100,)


class ShadowDeployment(_Baking):
    """The challenger gets copies of requests, and nobody gets its answers, until it is promoted."""

    needs = "mirror"
    needs_proof = True
    asks_every_check = True

    strategy: Literal["shadow"] = _Strategy
    mirror_share: int = Field(default=100, ge=1, le=100, description="percent of the requests that are copied to it")

    @property
    def plan(self) -> tuple[int, ...]:
        return (0,)


class BanditDeployment(_Deployment):
    """The better the challenger does, the more requests it answers, within bounds, until it is shown to be better."""

    needs_proof = True

    strategy: Literal["bandit"] = _Strategy
    min_share: int = Field(default=5, ge=5, le=50, description="percent of the requests that it answers at least")
    max_share: int = Field(default=50, ge=5, le=50, description="percent of the requests that it answers at most")
    update_minutes: int = Field(default=60, ge=10, le=1440, description="how long a share lasts at least")
    max_hours: int = Field(
        default=168,
        ge=1,
        le=MAX_PLANNED_DAYS * 24,
        description="a challenger that is not shown to be better by then is rolled back",
    )

    @property
    def plan(self) -> tuple[int, ...]:
        return (self.max_share,)

    @property
    def step_minutes(self) -> int:
        return 60 * self.max_hours

    @property
    def longest_step_minutes(self) -> int:
        return self.step_minutes

    @model_validator(mode="after")
    def _can_move(self) -> Self:
        if self.min_share >= self.max_share:
            raise ValueError(f"min_share = {self.min_share}: must be below max_share = {self.max_share}")
        if self.update_minutes >= self.planned_minutes:
            hours = f"{self.planned_minutes} minutes (max_hours = {self.max_hours})"
            raise ValueError(f"update_minutes = {self.update_minutes}: must be shorter than {hours}")
        return self


def _strategy_of(deployment: Any) -> Any:
    return (
        deployment.get("strategy", "all_at_once")
        if isinstance(deployment, dict)
        else getattr(deployment, "strategy", None)
    )


DeploymentPolicy = Annotated[
    Annotated[AllAtOnceDeployment, Tag("all_at_once")]
    | Annotated[CanaryDeployment, Tag("canary")]
    | Annotated[GradualDeployment, Tag("gradual")]
    | Annotated[BlueGreenDeployment, Tag("blue_green")]
    | Annotated[ShadowDeployment, Tag("shadow")]
    | Annotated[BanditDeployment, Tag("bandit")],
    Discriminator(
        _strategy_of,
        custom_error_type="unknown_strategy",
        custom_error_message="must be 'all_at_once', 'canary', 'gradual', 'blue_green', 'shadow' or 'bandit'",
    ),
]
