"""How often the rows and the champion of a job have been used to decide, read from the records of earlier jobs."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain, islice
from typing import NamedTuple

from ..domain.job import RetrainingJob
from ..domain.proxy import ProxyInputs
from ..domain.validation import ValidatedInputs
from ..ports import Ports

# Older comparisons were made on other rows: the window moves on every day.
MAX_LOOKS_BACK = 50


class Looks(NamedTuple):
    """Numbers of comparisons, this one included: on the same rows, and with the same champion.

    The latter is None in verdicts from before it was counted.
    """

    rows: int
    champion: int | None


def count_looks(job: RetrainingJob, holdout_sha256: str, ports: Ports) -> Looks:
    """Looks of a job that is judged on some rows; judging it again counts nothing twice."""
    looked = _looked_before(job, ports)
    newest = list(islice(looked, MAX_LOOKS_BACK))
    rows = 1 + sum(inputs.holdout_sha256 == holdout_sha256 for inputs in newest)
    if job.champion_version is None:
        return Looks(rows, None)
    return Looks(rows, _of_champion(job.champion_version, chain(newest, looked)))


def next_look(job: RetrainingJob, champion: str, ports: Ports) -> int:
    """How often a champion will have been compared once the job is judged."""
    return _of_champion(champion, _looked_before(job, ports))


def _of_champion(champion: str, looked_before: Iterable[ValidatedInputs | ProxyInputs]) -> int:
    """One more than the newest comparison with this champion says; those that do not say count as one each.

    So does a proxy that refused a training: without it there would have been a comparison.
    """
    look = 1
    for inputs in looked_before:
        if inputs.champion_version != champion:
            continue
        if isinstance(inputs, ValidatedInputs) and inputs.champion_look:
            return look + inputs.champion_look
        look += 1
    return look


def _looked_before(job: RetrainingJob, ports: Ports) -> Iterator[ValidatedInputs | ProxyInputs]:
    """What the jobs before this one were compared on, or refused for, newest first; many came to nothing."""
    for other in ports.jobs.list_of_model(job.model_name, datetime.min.replace(tzinfo=UTC)):
        if not other.is_before(job):
            continue
        if other.validation:
            yield other.validation.inputs
        elif other.proxy and other.proxy.refused and other.proxy.inputs:
            yield other.proxy.inputs
