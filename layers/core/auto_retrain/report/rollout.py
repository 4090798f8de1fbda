"""The page about a rollout: its weights over time, and each check with its evidence over time."""

from collections.abc import Sequence

from ..domain.analysis import Look, RolloutEvidence
from ..domain.deployment_ledger import LedgerLine
from ..domain.live import ArmCounts, LiveCounts
from ..domain.rollout import Rollout, RolloutEnding
from .html import document, number, paragraph, section, table, text
from .over_time import Series, over_time
from .verdicts import verdict_table


def render_rollout(
    model_name: str,
    rollout: Rollout,
    lines: Sequence[LedgerLine],
    evidence: RolloutEvidence | None,
    ending: RolloutEnding | None,
) -> str:
    """The page about a rollout under way, or one that has ended, as HTML.

    `lines` are those of the ledger since it began, oldest first.
    """
    outcome = ending.outcome if ending else "under_way"
    sections = [
        section("Weight", over_time("percent of the requests", _weights(lines), steps=True), _changes(lines)),
        section("Checks", verdict_table(evidence.analysis.verdicts) if evidence else ""),
        section("Evidence over time", *_evidence(evidence)),
        section("Requests in the present step", _counts(evidence.counts) if evidence else ""),
    ]
    return document(f"{model_name}: {_word(outcome)}", _head(model_name, rollout, outcome, evidence, ending), *sections)


def _head(
    model_name: str, rollout: Rollout, outcome: str, evidence: RolloutEvidence | None, ending: RolloutEnding | None
) -> str:
    strategy, challenger = rollout.deployment.strategy.replace("_", " "), rollout.challenger.number
    sentence = ending.reason if ending else _standing(evidence)
    about = f"{rollout.job_id}: version {challenger} by {strategy}, since {rollout.started_at:%F %R} UTC"
    return (
        f"<header><h1>{text(model_name)} <span class='badge {outcome}'>{_word(outcome)}</span></h1>"
        f"<p class=soft>{text(about)}</p><p class=sentence>{text(sentence)}</p></header>"
    )


def _standing(evidence: RolloutEvidence | None) -> str:
    if evidence is None:
        return "nothing has been looked at yet"
    analysis = evidence.analysis
    return analysis.unhealthy or analysis.missing or analysis.unproven or "healthy so far"


def _word(outcome: str) -> str:
    return outcome.replace("_", " ")


def _weights(lines: Sequence[LedgerLine]) -> Series:
    return [(line.deployed_at, 100.0 if line.change == "promoted" else float(line.weight)) for line in lines]


def _changes(lines: Sequence[LedgerLine]) -> str:
    rows = [
        (f"{line.deployed_at:%F %T}", text(line.change.replace("_", " ")), f"{line.weight} %", text(line.reason))
        for line in lines
    ]
    return table(("When (UTC)", "Change", "Weight", "Why"), rows)


def _evidence(evidence: RolloutEvidence | None) -> list[str]:
    looks = evidence.looks if evidence else ()
    names = sorted({name for look in looks for name in look.values})
    return [over_time(name.replace("_", " "), _values(looks, name)) for name in names]


def _values(looks: Sequence[Look], name: str) -> Series:
    return [(look.at, look.values[name]) for look in looks if name in look.values]


def _counts(counts: LiveCounts) -> str:
    rows = [(name, *_arm(arm)) for name, arm in (("champion", counts.champion), ("challenger", counts.challenger))]
    problem = paragraph(f"<span class=error>{text(counts.problem)}</span>") if counts.problem else ""
    return problem + table(("Arm", "Requests", "Errors", "With a label", "Right"), rows)


def _arm(arm: ArmCounts) -> tuple[str, ...]:
    return number(arm.requests), number(arm.errors), number(arm.labelled), number(arm.good)
