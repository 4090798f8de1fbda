"""What is asked of CloudWatch for one version: parts of a call of GetMetricData, and when their periods begin."""

from datetime import datetime, timedelta
from typing import Any

from ...domain.live import LiveQuery
from ...domain.policy.metric import MODEL_DIMENSION
from ...domain.policy.requests import CloudWatchRequests

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def part(
    query: LiveQuery, version: str, statistic: tuple[str, str], period: timedelta, identity: str
) -> dict[str, Any]:
    """A statistic, such as the sum of the policy's metric of requests, by periods."""
    requests, (what, name) = requests_of(query), statistic
    dimensions = {MODEL_DIMENSION: query.policy.model, requests.version_dimension: version, **requests.dimensions}
    stat = {
        "Metric": {
            "Namespace": requests.namespace,
            "MetricName": getattr(requests, what),
            "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        },
        "Period": int(period.total_seconds()),
        "Stat": name,
    }
    return {"Id": identity, "MetricStat": stat, "ReturnData": True}


def requests_of(query: LiveQuery) -> CloudWatchRequests:
    requests = query.policy.deployment.requests
    assert isinstance(requests, CloudWatchRequests)
    return requests


def rounded_up(at: datetime, step: timedelta) -> datetime:
    """The first full step of a day that is not before a moment."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - (midnight - at) // step * step
