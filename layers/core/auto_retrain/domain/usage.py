"""What a retraining used: compute time of functions and pods, and bytes that stay stored. Money is another matter."""

from collections.abc import Sequence
from typing import Self

from pydantic import Field

from .base import Record
from .names import JobKind
from .policy.training import Capacity, TrainingPolicy

_UNITS = {"m": 1e-3, "Mi": 2.0**20, "Gi": 2.0**30}
_GIB = 2.0**30
_HOUR = 3600.0


class ContainerUse(Record):
    """What a container says of itself: seconds from its start to its result, and the bytes that it left."""

    seconds: float = Field(ge=0, le=31 * 86_400)
    stored_bytes: int = Field(ge=0, le=2**50)

    def plus(self, other: "ContainerUse") -> "ContainerUse":
        return ContainerUse(seconds=self.seconds + other.seconds, stored_bytes=self.stored_bytes + other.stored_bytes)


class FunctionUse(Record):
    """Invocations of one function, and their gigabytes of memory times seconds."""

    calls: int = 0
    gb_seconds: float = 0.0


class PodUse(Record):
    """The pods of one step: what each has, and how long they ran, all together; None until the step has ended.

    `data_parts` are those that the policy asked for; data with fewer objects have fewer. `at_most` says that some pod
    left no report, and counts from the order of the step until its end was noticed.
    """

    pods: int
    cpu: float
    gib: float
    gpus: int
    capacity: Capacity
    data_parts: int = Field(default=1, exclude_if=lambda parts: parts == 1)
    seconds: float | None = None
    at_most: bool = False
    stored_bytes: int = 0

    @property
    def cpu_hours(self) -> float:
        return self.cpu * (self.seconds or 0.0) / _HOUR

    @property
    def gib_hours(self) -> float:
        return self.gib * (self.seconds or 0.0) / _HOUR

    @property
    def gpu_hours(self) -> float:
        return self.gpus * (self.seconds or 0.0) / _HOUR

    def ended(self, reports: Sequence[ContainerUse | None], elapsed: float) -> Self:
        """With one report for each pod; `elapsed` seconds lie between the order and now, so no pod ran longer."""
        seconds = sum(min(report.seconds, elapsed) if report else elapsed for report in reports)
        stored = sum(report.stored_bytes for report in reports if report)
        return self.changed(seconds=round(seconds, 1), at_most=None in reports, stored_bytes=stored)


class Usage(Record):
    """Everything that was measured of one retraining, by function and by step."""

    functions: dict[str, FunctionUse] = Field(default_factory=dict)
    pods: dict[JobKind, PodUse] = Field(default_factory=dict)

    def with_call(self, function: str, gb_seconds: float, *, is_new: bool) -> Self:
        """With time of a function; an invocation that saves the job twice is still one call."""
        before = self.functions.get(function, FunctionUse())
        use = FunctionUse(calls=before.calls + is_new, gb_seconds=round(before.gb_seconds + gb_seconds, 4))
        return self.changed(functions={**self.functions, function: use})

    def ordering(self, step: JobKind, training: TrainingPolicy, pods: int, data_parts: int = 1) -> Self:
        """With the pods that a step is about to get, by a policy with so many parts of the data."""
        use = PodUse(
            pods=pods,
            cpu=amount_of(training.cpu),
            gib=amount_of(training.memory) / _GIB,
            gpus=training.gpus,
            capacity=training.capacity,
            data_parts=data_parts,
        )
        return self.changed(pods={**self.pods, step: use})

    def step_ended(self, step: JobKind, reports: Sequence[ContainerUse | None], elapsed: float) -> Self:
        """With the reports of a step's pods; a step that an earlier release ordered stays unknown."""
        if step not in self.pods:
            return self
        return self.changed(pods={**self.pods, step: self.pods[step].ended(reports, elapsed)})

    def report_of_all(self, step: JobKind, report: ContainerUse | None) -> list[ContainerUse | None]:
        """One report for each pod of a step, of pods that began and ended together and of which the first one says."""
        others = max(self.pods[step].pods if step in self.pods else 1, 1) - 1
        return [report, *[report and report.changed(stored_bytes=0)] * others]

    def broken_off(self, step: JobKind, elapsed: float) -> Self:
        """With an upper bound for a step whose reports nobody read."""
        use = self.pods.get(step)
        if use is None or use.seconds is not None:
            return self
        return self.step_ended(step, [None] * use.pods, elapsed)


def amount_of(quantity: str) -> float:
    """The number that a quantity of Kubernetes stands for: 500m is 0.5, and 2Gi is 2,147,483,648."""
    for suffix, factor in _UNITS.items():
        if quantity.endswith(suffix):
            return float(quantity.removesuffix(suffix)) * factor
    return float(quantity)
