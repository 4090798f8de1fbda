"""Where a model's requests are routed, and what each kind of target can do."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from ..base import StrictRecord
from ..names import is_of_kubernetes
from ..traffic import Capabilities


def _not_of_kubernetes(namespace: str) -> str:
    if is_of_kubernetes(namespace):
        raise ValueError("belongs to Kubernetes itself")
    return namespace


Namespace = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"), AfterValidator(_not_of_kubernetes)]
# As Kubernetes names most objects: parts of a domain name.
ObjectName = Annotated[
    str, Field(max_length=253, pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$")
]


class AliasTarget(StrictRecord):
    """Serving follows the alias `champion` in MLflow; there are no weights."""

    adapter: Literal["alias"] = Field(default="alias", description="what routes the requests")


class RouterTarget(StrictRecord):
    """Serving asks `auto_retrain.serving.Router`, which reads the serving record itself."""

    adapter: Literal["router"] = Field(description="what routes the requests")


class HttpRouteTarget(StrictRecord):
    """A rule of a Gateway API HTTPRoute has one Service for each version."""

    adapter: Literal["http_route"] = Field(description="what routes the requests")
    namespace: Namespace = Field(description="namespace of the HTTPRoute and of the Services")
    route: ObjectName = Field(description="name of the HTTPRoute")
    service: str = Field(
        max_length=60,
        pattern=r"^[a-z][a-z0-9-]*\{version\}([a-z0-9-]*[a-z0-9])?$",
        description="name of the Service of a version, with `{version}` for its number: `churn-v{version}`",
    )
    rule: ObjectName | None = Field(
        default=None,
        description="name of the rule; needed if the HTTPRoute has several",
    )
    rule_number: int | None = Field(
        default=None,
        ge=0,
        le=15,
        description="place of the rule, from 0, if it has no name",
    )
    port: int | None = Field(
        default=None,
        ge=1,
        le=65_535,
        description="port of the Services; needed if the rule has no backend yet",
    )

    @model_validator(mode="after")
    def _names_one_rule(self) -> Self:
        if self.rule is not None and self.rule_number is not None:
            raise ValueError("give rule or rule_number, not both")
        return self


class KserveTarget(StrictRecord):
    """A KServe InferenceService, which loads the versions itself."""

    adapter: Literal["kserve"] = Field(description="what routes the requests")
    namespace: Namespace = Field(description="namespace of the InferenceService")
    service: ObjectName = Field(description="name of the InferenceService")
    artifact_root: str | None = Field(
        default=None,
        max_length=1000,
        pattern=r"^(s3|gs|hdfs|webhdfs|https?)://[^\s?#]+$",
        description="where MLflow keeps what it serves as mlflow-artifacts:/, such as s3://bucket/path; needed if it "
        "does that",
    )


class SagemakerTarget(StrictRecord):
    """A SageMaker endpoint has one production variant for each version."""

    adapter: Literal["sagemaker"] = Field(description="what routes the requests")
    endpoint: str = Field(
        max_length=63, pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9])*$", description="name of the endpoint, in this region"
    )
    variant: str = Field(
        default="v{version}",
        max_length=57,
        pattern=r"^([a-zA-Z0-9](-*[a-zA-Z0-9])*-?)?\{version\}(-?([a-zA-Z0-9]-*)*[a-zA-Z0-9])?$",
        description="name of the variant of a version, with `{version}` for its number",
    )


CAPABILITIES: dict[str, Capabilities] = {
    "alias": Capabilities.model_construct(weights=False, mirror=False),
    "router": Capabilities.model_construct(weights=True, mirror=True),
    "http_route": Capabilities.model_construct(weights=True, mirror=True),
    "kserve": Capabilities.model_construct(weights=True, mirror=False),
    "sagemaker": Capabilities.model_construct(weights=True, mirror=False),
}


def _adapter_of(target: Any) -> Any:
    return target.get("adapter", "alias") if isinstance(target, dict) else getattr(target, "adapter", None)


TrafficTarget = Annotated[
    Annotated[AliasTarget, Tag("alias")]
    | Annotated[RouterTarget, Tag("router")]
    | Annotated[HttpRouteTarget, Tag("http_route")]
    | Annotated[KserveTarget, Tag("kserve")]
    | Annotated[SagemakerTarget, Tag("sagemaker")],
    Discriminator(
        _adapter_of,
        custom_error_type="unknown_adapter",
        custom_error_message="must be 'alias', 'router', 'http_route', 'kserve' or 'sagemaker'",
    ),
]
