"""What a version's metrics should be on logged answers without labels, and why they cannot be estimated, if so."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..domain.holdout_profile import MIN_SCORED_ROWS, AnswerScores, HoldoutProfile, ScoreCounts
from ..domain.metric_kinds import METRICS
from ..domain.numbers import shown_number
from ..statistics.estimated_performance import (
    Estimate,
    chances_of,
    estimate_classes,
    estimate_loss,
    estimate_right,
    root_of,
)

# Of the scores of a window: beyond what the holdout had, nothing says what a score means.
MAX_UNKNOWN_SHARE = 0.05
# Of answers: each of another class is wrong, which no chance allows for.
MAX_OTHER_SHARE = 0.01
# That scores as varied as those of the holdout are all alike.
LEAST_CHANCE = 0.001
# Classes in a sentence.
MAX_SHOWN = 3
# Of scores of one answer. The extremes of k rows leave out 2 / (k + 1) of all on average, and five times that seldom.
MIN_OUTSIDE = 5
SELDOM_OUTSIDE = 10.0


class Estimates(NamedTuple):
    """Metrics by name, or the doubt because of which there are none; an interval is two-sided.

    Metrics that too few rows are expected to tell are missing.
    """

    of_metric: Mapping[str, Estimate]
    doubt: str | None = None


def estimate_metrics(profile: HoldoutProfile, counts: ScoreCounts) -> Estimates:
    """Estimate all metrics that the log has enough for."""
    doubt = next(_doubts(profile, counts), None)
    if doubt:
        return Estimates({}, doubt)
    return Estimates({name: each for name, each in _estimates(profile, counts) if each})


def interval_of(metric: str, estimate: Estimate, confidence: float = 0.95) -> tuple[float, float]:
    """The two-sided interval of a share, or of an error in any unit."""
    is_error = METRICS[metric].is_in_units_of_label
    return estimate.loss_interval(confidence) if is_error else estimate.share_interval(confidence)


def _doubts(profile: HoldoutProfile, counts: ScoreCounts) -> Iterator[str]:
    if profile.problem:
        yield f"version {profile.version}: {profile.problem}"
    if counts.answered == 0:
        yield f"the prediction log has no answers of version {profile.version} in the window"
    if counts.of_other_classes > MAX_OTHER_SHARE * counts.answered:
        known = ", ".join(f"'{each}'" for each in profile.classes[:MAX_SHOWN])
        more = f" and {len(profile.classes) - MAX_SHOWN} more" if len(profile.classes) > MAX_SHOWN else ""
        yield f"{counts.of_other_classes} of {counts.answered} answers are none of its classes ({known}{more})"
    if counts.without_score > MAX_UNKNOWN_SHARE * counts.answered:
        what = "finite number" if profile.kind == "number" else "score between 0 and 1"
        yield f"{counts.without_score} of {counts.answered} answers have no {what}"
    if counts.scored < MIN_SCORED_ROWS:
        yield f"only {counts.scored} answers with a score are in the window ({MIN_SCORED_ROWS} needed)"
    yield from _outside(profile, counts)
    if _are_alike(profile, counts):
        yield f"all {_values_of(profile)} in the window are alike"


def _values_of(profile: HoldoutProfile) -> str:
    return "predictions" if profile.kind == "number" else "scores"


def _outside(profile: HoldoutProfile, counts: ScoreCounts) -> Iterator[str]:
    """Answer by answer: a wrong log of a rare one is a small share of all."""
    for answer, outside, groups in zip(profile.answers, counts.outside, counts.groups, strict=False):
        rows = sum(groups)
        known = answer.rows / profile.design_effect
        may_be = max(MAX_UNKNOWN_SHARE, SELDOM_OUTSIDE / max(known, SELDOM_OUTSIDE)) if answer.rows else 0.0
        if outside > max(may_be * rows, MIN_OUTSIDE):
            what = f"{outside} of {rows} {_values_of(profile)}"
            what += f" of the answer '{answer.answer}'" if answer.answer is not None else ""
            yield f"{what} are outside of {_span(answer)}{_cause(profile)}"


def _span(answer: AnswerScores) -> str:
    if not answer.rows:
        return "the holdout, which never had this answer"
    return f"{shown_number(answer.least)} to {shown_number(answer.greatest)}, which the holdout had"


def _cause(profile: HoldoutProfile) -> str:
    if profile.kind == "number":
        return ""
    what = f"the class '{profile.answers[1].answer}'" if profile.kind == "positive" else "the answer"
    return f"; is the score the probability of {what}, and the threshold that of the holdout?"


def _are_alike(profile: HoldoutProfile, counts: ScoreCounts) -> bool:
    """Whether all are in one group, which is no wonder where that has most rows of the holdout."""
    filled = [place for place, of_group in enumerate(zip(*counts.groups, strict=True)) if any(of_group)]
    if len(filled) != 1:
        return False
    share = (profile.rows[filled[0]] + 1) / (sum(profile.rows) + 1)
    return bool(share**counts.independent < LEAST_CHANCE)


def _estimates(profile: HoldoutProfile, counts: ScoreCounts) -> Iterator[tuple[str, Estimate | None]]:
    design_effect = max(counts.scored / counts.independent, 1.0)
    known = [rows / profile.design_effect for rows in profile.rows]
    if profile.kind == "number":
        (rows,) = counts.groups
        for metric, losses in profile.losses.items():
            mean = estimate_loss(rows, losses.means, losses.variances, known, losses.greatest, design_effect)
            yield metric, root_of(mean) if metric == "rmse" else mean
        return
    chances = chances_of(profile.chances, known)
    if profile.kind == "answer":
        yield "accuracy", estimate_right(counts.groups[0], chances, design_effect)
    else:
        yield from estimate_classes(counts.groups[0], counts.groups[1], chances, design_effect).items()
