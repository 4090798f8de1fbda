"""Whether a job trains although its power is low: a forecast alone must not hold a model back for long."""

from datetime import UTC, datetime
from itertools import takewhile
from typing import NamedTuple

from ...domain.data_check import Power
from ...domain.ending import Ending
from ...domain.job import RetrainingJob
from ...domain.policy.policy import Policy
from ...ports import Ports
from .champion_level import is_known_healthy


class Skipping(NamedTuple):
    """Why nothing is trained although the data are sound, or why something is although its chance is low."""

    skipped: str | None = None
    overridden: str | None = None
    in_a_row: int = 0


class SkippedRow(NamedTuple):
    """How many jobs in a row were skipped, and when the first of them was."""

    jobs: int = 0
    since: datetime | None = None


def decide_skipping(job: RetrainingJob, policy: Policy, power: Power, ports: Ports) -> Skipping:
    """Skip a job of little power, unless a person forced it or as many were skipped in a row on a forecast as may.

    What is certain, such as too few rows, is no forecast. A forecast is renewed by comparisons only, so a model is
    trained from time to time whatever it says.
    """
    problem = _problem(policy, power)
    if problem is None:
        return Skipping()
    if job.forced:
        return Skipping(overridden=f"trained because {job.actor} forced it, although {problem}")
    earlier = skipped_before(job, ports).jobs
    if power.basis == "forecast" and earlier >= max_skips(job, policy):
        times = "the job before was skipped" if earlier == 1 else f"{earlier} jobs before were skipped"
        return Skipping(overridden=f"trained because {times}, although {problem}")
    return Skipping(skipped=f"not trained: {problem}", in_a_row=earlier + 1)


def max_skips(job: RetrainingJob, policy: Policy) -> int:
    """How many jobs in a row may be skipped on a forecast: one, unless the model is known to be healthy."""
    return policy.triggers.escalate_after if is_known_healthy(job, policy) else 1


def _problem(policy: Policy, power: Power) -> str | None:
    asked = policy.validation.min_power
    best = power.chance if power.at_best is None else power.at_best
    if best is None or best >= asked:
        return None
    if power.at_best is None:
        return power.reason
    return f"{power.reason}; validation.min_power = {asked:g} asks for {asked:.0%}"


def skipped_before(job: RetrainingJob, ports: Ports) -> SkippedRow:
    """The jobs that were skipped since the last one that trained a challenger; failed ones say nothing."""
    newest_first = ports.jobs.list_of_model(job.model_name, datetime.min.replace(tzinfo=UTC))
    untrained = takewhile(lambda other: not (other.ending and other.ending.is_retraining), newest_first)
    row = [other for other in untrained if other.ending is Ending.SKIPPED and other.job_id != job.job_id]
    return SkippedRow(max(1, row[0].skipped_in_a_row), row[-1].event_time) if row else SkippedRow()
