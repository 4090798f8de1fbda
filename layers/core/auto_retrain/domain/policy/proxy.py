"""Whether a small model, a proxy, is trained before a full training is paid for."""

from typing import Annotated

from pydantic import Field

from ..base import StrictRecord

Quantity = Annotated[str, Field(pattern=r"^[1-9][0-9]*(m|Mi|Gi)?$")]


class ProxyPolicy(StrictRecord):
    """A proxy that is trained on a sample of the rows before a training that drift or a bad metric asks for.

    If it shows that a full training could not help, none is paid for.
    """

    rows: int = Field(default=10_000, ge=200, le=10_000_000, description="labelled training rows of the sample")
    max_refusals: int = Field(
        default=3, ge=1, le=10, description="jobs in a row that may train nothing; the next one needs no proxy"
    )
    max_days: int = Field(
        default=30, ge=1, le=90, description="days after the first of these from which a job needs no proxy either"
    )
    cpu: Quantity | None = Field(default=None, description="of its pod, such as 2 or 500m; none: training.cpu")
    memory: Quantity | None = Field(default=None, description="of its pod, such as 4Gi; none: training.memory")
    gpus: int | None = Field(default=None, ge=0, le=16, description="of its pod; none: training.gpus")
    deadline_minutes: int = Field(
        default=30, ge=1, le=240, description="time after which it is stopped; then the job trains without it"
    )
