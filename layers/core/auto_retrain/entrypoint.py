"""What every Lambda function does around its use case: parse, log, map errors, dump."""

import logging
from collections.abc import Callable
from functools import cache
from typing import Any, get_type_hints

from aws_lambda_powertools import Logger
from pydantic import TypeAdapter, ValidationError

from .bootstrap import METER, DeployedPorts, deployed_ports
from .domain.base import Record
from .domain.errors import AutoRetrainError, EventInvalid, TransientError
from .domain.messages.references import Measured

logger = Logger()
# Facts go to the function's own log, with its keys.
facts = logging.getLogger("auto_retrain.facts")
facts.handlers, facts.propagate = [logger.registered_handler], False
facts.setLevel(logging.INFO)

Handler = Callable[[dict[str, Any], Any], Any]


@cache
def _ports() -> DeployedPorts:
    """Built once per execution environment, not at import."""
    return deployed_ports()


def lambda_entrypoint(use_case: Callable[..., Record]) -> Handler:
    """A Lambda handler around a use case, whose first annotation is the type that the event is parsed as.

    The state machine knows two kinds of failure: every transient error leaves as TransientError, which is retried; a
    permanent one keeps its own name, which people will read.
    """
    hints = get_type_hints(use_case, include_extras=True)
    messages: TypeAdapter[Any] = TypeAdapter(next(iter(hints.values())))

    @logger.inject_lambda_context(clear_state=True)
    def handler(event: dict[str, Any], context: Any) -> Any:
        message = _parse(messages, event)
        keys = _log_keys(message)
        logger.append_keys(**keys)
        _measure(use_case.__name__, keys, context)
        try:
            outcome = use_case(message, _ports())
        except TransientError as error:
            logger.warning("failed, but may be retried", exc_info=True)
            raise TransientError(f"{type(error).__name__}: {error}") from error
        except AutoRetrainError as error:
            logger.error("failed", error=type(error).__name__, reason=str(error))
            raise
        if isinstance(outcome, Measured):
            outcome = outcome.changed(used=METER.used())
        document = outcome.model_dump(mode="json")
        logger.info(use_case.__name__, outcome=document)
        _publish(getattr(outcome, "metrics", {}))
        return document

    return handler


def _measure(function: str, keys: dict[str, str], context: Any) -> None:
    """Count the time of a call that is about one job; passes over many jobs are costs of the fleet."""
    if "job_id" in keys or "execution_arn" in keys:
        METER.start(function, int(context.memory_limit_in_mb))  # Lambda gives it as text
    else:
        METER.stop()


def _publish(metrics: dict[str, int]) -> None:
    """Write counts to the log in the embedded metric format, which CloudWatch turns into metrics."""
    if not metrics:
        return
    # Imported here, because most functions count nothing, and each import adds to their cold start.
    from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

    # The dimension of the metrics is the service, which the template names after the stage.
    emitted = EphemeralMetrics(namespace="AutoRetrain/Pipeline")
    for name, value in metrics.items():
        emitted.add_metric(name, MetricUnit.Count, value)
    emitted.flush_metrics()


def _parse(messages: TypeAdapter[Any], event: dict[str, Any]) -> Any:
    try:
        return messages.validate_python(event)
    except ValidationError as error:
        details = "; ".join(f"{_path(detail['loc'])}: {detail['msg']}" for detail in error.errors(include_url=False))
        logger.error("event refused", reason=details)
        raise EventInvalid(details) from error


def _path(location: tuple[Any, ...]) -> str:
    return ".".join(str(part) for part in location) or "event"


def _log_keys(message: Any) -> dict[str, str]:
    names = ("model_name", "job_id", "execution_arn")
    return {name: str(getattr(message, name)) for name in names if getattr(message, name, None)}
