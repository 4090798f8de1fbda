"""The history of looks for the page about a rollout, thinned so that it stays small however long it lasts."""

from collections.abc import Iterable, Mapping

from ..domain.analysis import Look
from ..domain.verdict import Verdict
from .base import Process

MAX_LOOKS = 60
# Beyond it nobody needs to know how strong the evidence is.
_MAX_EVIDENCE = 1e6


def thinned(looks: tuple[Look, ...]) -> tuple[Look, ...]:
    """At most 60 of them: when there are more, every second one stays, and the first and the last."""
    return looks if len(looks) <= MAX_LOOKS else (*looks[:-1:2], looks[-1])


def values_of(verdicts: Iterable[Verdict], processes: Mapping[str, Process]) -> dict[str, float]:
    """What each check measured, under its name, and the evidence of each test under `NAME_evidence`."""
    values = {verdict.check: verdict.value for verdict in verdicts if verdict.value is not None}
    evidence = {f"{name}_evidence": min(each.evidence, _MAX_EVIDENCE) for name, each in processes.items()}
    # A picture shows no more digits, and each of them is written at every look.
    return {name: float(f"{value:.4g}") for name, value in {**values, **evidence}.items()}
