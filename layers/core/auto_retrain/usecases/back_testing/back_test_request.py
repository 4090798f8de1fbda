"""What a back-test with trainings is asked for, and what its pod has to know of the past."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta

from pydantic import JsonValue

from ...domain.asked_retraining import AskedRetraining
from ...domain.errors import EventInvalid, ModelUnknown
from ...domain.job import RetrainingJob
from ...domain.labelled_days import SETTLING
from ...domain.labelled_metric import metric_in
from ...domain.layouts import Layout
from ...domain.manifest import DataObject
from ...domain.policy.data import LabelPolicy
from ...domain.policy.policy import Policy
from ...domain.trained_back_test import AskedBackTest, BackTestRequest, Listing, NamedPolicy, days_read
from ...domain.trigger_type import TriggerType
from ...domain.windows import Window
from ...ports import Ports
from ..lookup import policy_version_of
from .past import asked_in, past_of

_DAY = timedelta(days=1)


def asked_back_test(
    policies: Mapping[str, Policy], days: Window, ports: Ports, metric: str | None = None
) -> AskedBackTest:
    """To walk through these days with one policy or two, each by the name that a person calls it.

    Raises:
        PolicyInvalid: the metric of a policy cannot be worked out from labelled rows, or the given one does not fit it.
        EventInvalid: the policies train in different images, or a metric is given that none of them needs.
    """
    first, *_ = policies.values()
    measured = {metric_in(policy, metric) for policy in policies.values()}
    if metric and metric not in measured:
        raise EventInvalid(
            f"--metric {metric}: the prediction log says itself that the metric is {first.metric.name}; leave it out"
        )
    images = {policy.training.image or ports.cluster.default_image for policy in policies.values()}
    if len(images) > 1:
        raise EventInvalid(f"training.image: one pod tries both policies, but they name {', '.join(sorted(images))}")
    named = tuple(NamedPolicy(name=name, policy=policy) for name, policy in policies.items())
    return AskedBackTest(model_name=first.model, days=days, policies=named, metric=metric, image=images.pop())


def request_of(asked: AskedBackTest, ports: Ports) -> BackTestRequest:
    """What is asked, with the past as it is known now; raises DataUnavailable if the data cannot be listed."""
    policies, days = [each.policy for each in asked.policies], asked.days
    start, midnight = datetime.combine(days.start, time(), UTC), datetime.combine(ports.clock.now(), time(), UTC)
    last = max(policy.data.label_delay_days + policy.triggers.evaluation_window_days for policy in policies)
    as_of = min(midnight, datetime.combine(days.end + timedelta(days=last + 1), time(), UTC))
    past = past_of(asked.model_name, start, ports)
    requests = tuple(_asked(past.jobs, days, ports))
    served = any(line.since < start for line in past.champions)
    starts_itself = any(policy.triggers.enables(TriggerType.SCHEDULED) for policy in policies)
    return BackTestRequest(
        **dict(asked),
        as_of=as_of,
        listings=tuple(_listings(policies, days, as_of, ports)),
        asked=requests,
        trains_first=served or not (requests or starts_itself),
        costs=past.state.costs,
        prices=ports.prices.current(),
    )


def _asked(jobs: Sequence[RetrainingJob], days: Window, ports: Ports) -> Iterator[AskedRetraining]:
    """What people asked for in these days and got, with the parameters that were theirs and not the policy's."""
    end = datetime.combine(days.end, time(), UTC)
    for job, asked in asked_in(job for job in jobs if job.event_time < end):
        yield asked.changed(
            parameters=_own(job.training_parameters, _usual_parameters(job, ports)),
            variants=tuple(_own(each.parameters, job.training_parameters) for each in job.variants),
            review=job.needs_review,
        )


def _usual_parameters(job: RetrainingJob, ports: Ports) -> Mapping[str, JsonValue]:
    try:
        return policy_version_of(job.model_name, job.policy_version, ports).policy.training.parameters
    except ModelUnknown:
        return {}


def _own(given: Mapping[str, JsonValue], usual: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {name: value for name, value in given.items() if name not in usual or usual[name] != value}


def _listings(policies: Sequence[Policy], days: Window, as_of: datetime, ports: Ports) -> Iterator[Listing]:
    """Each data set once, over all days that any of the policies may read."""
    windows: dict[tuple[str, Layout], Window] = {}
    for policy in policies:
        read, data = days_read(policy, days, as_of), policy.data
        late = Window(start=read.start, end=read.end + timedelta(days=data.label_delay_days) + SETTLING)
        places: list[tuple[str, str, Window]] = [(data.prefix, data.layout, read)]
        places += [(labels.prefix, labels.layout, late) for labels in _label_place(policy)]
        for prefix, layout, window in places:
            known = windows.setdefault((prefix, Layout(layout)), window)
            spanned = Window(start=min(known.start, window.start), end=max(known.end, window.end))
            windows[prefix, Layout(layout)] = spanned
    for (prefix, layout), window in windows.items():
        yield Listing(prefix=prefix, layout=layout, objects=tuple(_objects(prefix, layout, window, ports)))


def _label_place(policy: Policy) -> list[LabelPolicy]:
    return [policy.data.labels] if policy.data.labels else []


def _objects(prefix: str, layout: Layout, window: Window, ports: Ports) -> list[DataObject]:
    if layout is Layout.COLUMN:
        # Any of them may have rows of any day.
        window = Window(start=window.start, end=window.start + _DAY)
    return ports.data.list_partitions(prefix, window, layout)
