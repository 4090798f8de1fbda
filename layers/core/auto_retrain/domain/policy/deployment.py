"""How a promoted version goes into production: the strategy, the target of its traffic, and the live checks."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from ..base import StrictRecord
from .analysis import AnalysisPolicy
from .requests import PredictionLogRequests, RequestsPolicy
from .traffic import AliasTarget, TrafficTarget


class _Deployment(StrictRecord):
    traffic: TrafficTarget = Field(default_factory=AliasTarget.model_construct)
    requests: RequestsPolicy = Field(default_factory=PredictionLogRequests.model_construct)
    analysis: AnalysisPolicy = Field(default_factory=AnalysisPolicy.model_construct)
    max_hold_minutes: int = Field(
        default=1440,
        ge=5,
        le=43_200,
        description="how long a rollout may wait without data; then it is rolled back",
    )


class AllAtOnceDeployment(_Deployment):
    """Every request at once."""

    strategy: Literal["all_at_once"] = Field(default="all_at_once", description="how a version goes into production")


class CanaryDeployment(_Deployment):
    """A few requests first, more in steps."""

    strategy: Literal["canary"] = Field(description="how a version goes into production")
    weights: tuple[int, ...] = Field(default=(5, 25, 50), description="percent of the requests in each step")
    bake_minutes: int = Field(default=60, ge=1, le=10_080, description="how long each step lasts")


def _strategy_of(deployment: Any) -> Any:
    return (
        deployment.get("strategy", "all_at_once")
        if isinstance(deployment, dict)
        else getattr(deployment, "strategy", None)
    )


DeploymentPolicy = Annotated[
    Annotated[AllAtOnceDeployment, Tag("all_at_once")] | Annotated[CanaryDeployment, Tag("canary")],
    Discriminator(
        _strategy_of,
        custom_error_type="unknown_strategy",
        custom_error_message="must be 'all_at_once' or 'canary'",
    ),
]
