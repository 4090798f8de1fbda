"""Where a model's requests are routed, and what each kind of target can do."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from ..base import StrictRecord
from ..traffic import Capabilities


class AliasTarget(StrictRecord):
    """Serving follows the alias `champion` in MLflow; there are no weights."""

    adapter: Literal["alias"] = Field(default="alias", description="what routes the requests")


class RouterTarget(StrictRecord):
    """Serving asks `auto_retrain.serving.Router`, which reads the serving record itself."""

    adapter: Literal["router"] = Field(description="what routes the requests")


Target = AliasTarget | RouterTarget

CAPABILITIES: dict[str, Capabilities] = {
    "alias": Capabilities.model_construct(weights=False, mirror=False),
    "router": Capabilities.model_construct(weights=True, mirror=True),
}


def _adapter_of(target: Any) -> Any:
    return target.get("adapter", "alias") if isinstance(target, dict) else getattr(target, "adapter", None)


TrafficTarget = Annotated[
    Annotated[AliasTarget, Tag("alias")] | Annotated[RouterTarget, Tag("router")],
    Discriminator(
        _adapter_of,
        custom_error_type="unknown_adapter",
        custom_error_message="must be 'alias' or 'router'",
    ),
]
