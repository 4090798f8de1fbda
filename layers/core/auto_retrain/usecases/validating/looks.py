"""How often the rows and the champion of a job have been used to decide, read from the records of earlier jobs."""

from collections.abc import Iterator
from typing import NamedTuple

from ...domain.job import RetrainingJob
from ...domain.proxy import ProxyInputs
from ...domain.validation import ValidatedInputs
from ...ports import Ports

# Older jobs were scored on other rows: the window moves on every day.
MAX_JOBS_BACK = 50


class Looks(NamedTuple):
    """Numbers of comparisons, this one included: on the same rows, and with the same champion.

    The latter is None in verdicts from before it was counted.
    """

    rows: int
    champion: int | None


def count_looks(job: RetrainingJob, holdout_sha256: str, ports: Ports) -> Looks:
    """Looks of a job that is judged on some rows; judging it again counts nothing twice."""
    limit = MAX_JOBS_BACK
    newest = ports.jobs.list_recent(job.model_name, limit)
    rows = 1 + sum(inputs.holdout_sha256 == holdout_sha256 for inputs in _looked_before(job, newest))
    if job.champion_version is None:
        return Looks(rows, None)
    # However many jobs came to nothing in between: until there is an answer, or no job is left.
    while not _is_counted(job, newest) and len(newest) == limit:
        limit *= 2
        newest = ports.jobs.list_recent(job.model_name, limit)
    return Looks(rows, _champion_look(job, newest))


def _is_counted(job: RetrainingJob, newest: list[RetrainingJob]) -> bool:
    return any(inputs.champion_look for inputs in _of_champion(job, newest))


def _champion_look(job: RetrainingJob, newest: list[RetrainingJob]) -> int:
    """One more than the newest comparison with this champion says; those that do not say count as one each.

    So does a proxy that refused a training: without it there would have been a comparison.
    """
    look = 1
    for inputs in _looked_before(job, newest):
        if inputs.champion_version != job.champion_version:
            continue
        if isinstance(inputs, ValidatedInputs) and inputs.champion_look:
            return look + inputs.champion_look
        look += 1
    return look


def _looked_before(job: RetrainingJob, newest: list[RetrainingJob]) -> Iterator[ValidatedInputs | ProxyInputs]:
    """What the jobs before this one were compared on, or refused for, newest first."""
    for other in newest:
        if not other.is_before(job):
            continue
        if other.validation:
            yield other.validation.inputs
        elif other.proxy and other.proxy.refused and other.proxy.inputs:
            yield other.proxy.inputs


def _of_champion(job: RetrainingJob, newest: list[RetrainingJob]) -> list[ValidatedInputs]:
    before = (other.validation.inputs for other in newest if other.validation and other.is_before(job))
    return [inputs for inputs in before if inputs.champion_version == job.champion_version]
