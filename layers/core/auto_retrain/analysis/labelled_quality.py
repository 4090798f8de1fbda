"""Whether answers are worse than the champion's, by the labels that have arrived."""

from typing import Any

from ..domain.live import ArmCounts, LiveCounts, PairedCounts
from ..domain.verdict import Outcome, Verdict
from ..statistics.e_process import Block
from .base import LiveCheck, Process, Sight, inconclusive
from .bets import compared_means, mean_of_pairs, one_proportion, two_proportions
from .differences import Difference, Wording, judge_difference, of_means, of_pairs, of_rates, plain, points, share
from .means import MIN_ROWS, Sums, variance_of_difference

_ROWS, _PAIRS = "planned requests with a label", "planned pairs with a label"


class LabelledQuality(LiveCheck):
    name = "labelled_quality"

    def process(self, sight: Sight, state: Any) -> Process:
        counts, since = sight.counts, sight.since
        if is_measured_in_pairs(counts.paired):
            losses = _extra_loss(counts.paired), _extra_loss(since.paired)
            counted = sight.counted((0, losses[0].rows), (0, losses[1].rows)).challenger
            return mean_of_pairs(state, *losses, sight.planned, sight.shares.challenger, counted)
        if has_pairs(counts.paired):
            differing = _differing(counts.paired), _differing(since.paired)
            counted = sight.counted((0, differing[0]), (0, differing[1])).challenger
            return one_proportion(state, differing[1], since.paired.only_champion_right, 0.5, counted)
        if _is_loss(sight):
            return compared_means(state, _sums(counts), _sums(since), sight)
        step, new = ((each.champion.labelled, each.challenger.labelled) for each in (counts, since))
        return two_proportions(state, _block(since), sight.counted(step, new))

    def judge(self, sight: Sight, process: Process | None, is_worse: bool, limit: float) -> Verdict | None:
        rules, problem = sight.policy.labelled_quality, sight.counts.label_problem
        if problem:
            return Verdict(check=self.name, outcome=Outcome.ERROR, reason=problem)
        if not has_labels(sight.counts):
            return inconclusive(self.name, "no label has arrived yet") if rules.required else _nothing_joins(sight)
        compared = _compared(sight)
        if compared is None or process is None:
            return inconclusive(self.name, "there are too few labelled requests to compare, or no answer is right")
        return judge_difference(self.name, *compared, _margin(sight), sight.planned, process, is_worse, limit)


def _nothing_joins(sight: Sight) -> Verdict | None:
    """Said where labels should be there, because errors alone then decide; it holds nothing back."""
    due = sight.counts.challenger.mature
    if due < sight.planned:
        return None
    reason = f"{due:,} answers of the challenger are old enough for a label, and none has arrived: {_why(sight.counts)}"
    return inconclusive(LabelledQuality.name, reason, n=0).as_observed()


def _why(counts: LiveCounts) -> str:
    if counts.label_rows:
        ids = "see whether the log has the ids of the labels (deployment.requests.label_key)"
        return f"{counts.label_rows:,} labels lie in the days of this step, but with other ids; {ids}"
    return (
        "no label lies in the days of this step; see whether labels come later (data.label_delay_days), or lie in the "
        "folders of other days than those on which they arrive (data.labels)"
    )


def has_labels(counts: LiveCounts) -> bool:
    """Whether the label of any request has arrived."""
    return bool(counts.champion.labelled or counts.challenger.labelled or has_pairs(counts.paired))


def has_pairs(paired: PairedCounts) -> bool:
    """Whether any request that both versions answered has a label."""
    return bool(_pairs(paired) or paired.labelled)


def is_measured_in_pairs(paired: PairedCounts) -> bool:
    """Whether both losses of a request are compared, because nothing is right or wrong."""
    return bool(paired.labelled and not _pairs(paired))


def _pairs(paired: PairedCounts) -> int:
    return paired.both_right + paired.both_wrong + paired.only_champion_right + paired.only_challenger_right


def _differing(paired: PairedCounts) -> int:
    return paired.only_champion_right + paired.only_challenger_right


def _is_loss(sight: Sight) -> bool:
    return bool(sight.counts.champion.loss_squares or sight.counts.challenger.loss_squares)


def _margin(sight: Sight) -> float:
    """How much worse it may be: a share of the answers, or of the champion's mean loss."""
    rules, paired, (champion, challenger) = sight.policy.labelled_quality, sight.counts.paired, _sums(sight.counts)
    if is_measured_in_pairs(paired):
        # Labels were looked up for the copies alone.
        return rules.loss_margin * (challenger.mean - _extra_loss(paired).mean) if challenger.rows else 0.0
    if has_pairs(paired) or not _is_loss(sight):
        return rules.margin
    return rules.loss_margin * champion.mean


def _compared(sight: Sight) -> tuple[Difference, Wording] | None:
    counts = sight.counts
    if is_measured_in_pairs(counts.paired):
        return _mean_of_pairs(sight)
    if has_pairs(counts.paired):
        return _right_pairs(sight)
    if not counts.champion.labelled or not counts.challenger.labelled:
        return None
    if _is_loss(sight):
        return _mean_losses(sight)
    # Versions that are never right cannot be told apart from a loss that is not measured.
    return _right_answers(sight) if counts.champion.good or counts.challenger.good else None


def _right_pairs(sight: Sight) -> tuple[Difference, Wording]:
    paired, rows = sight.counts.paired, _pairs(sight.counts.paired)
    right = share(paired.both_right + paired.only_challenger_right, rows)
    champion_right = share(paired.both_right + paired.only_champion_right, rows)
    lost, won = paired.only_champion_right, paired.only_challenger_right
    difference = of_pairs(lost, won, rows, sight.shares.challenger, sight.planned)
    return difference, Wording(f"{right} pairs are right, champion {champion_right}", _PAIRS, points)


def _mean_of_pairs(sight: Sight) -> tuple[Difference, Wording] | None:
    losses = _extra_loss(sight.counts.paired)
    if losses.rows < MIN_ROWS or not losses.variance:
        return None
    variance = losses.variance / (sight.shares.challenger * losses.rows)
    wording = Wording(f"the loss of {losses.rows:,} pairs differs by {plain(losses.mean)} on average", _PAIRS, plain)
    return of_means(losses.mean, variance, losses.rows, sight.planned), wording


def _right_answers(sight: Sight) -> tuple[Difference, Wording]:
    champion, challenger = sight.counts.champion, sight.counts.challenger
    right, champion_right = share(challenger.good, challenger.labelled), share(champion.good, champion.labelled)
    wording = Wording(f"{right} answers are right, champion {champion_right}", _ROWS, points)
    return of_rates(_block(sight.counts), sight.shares, sight.planned), wording


def _mean_losses(sight: Sight) -> tuple[Difference, Wording] | None:
    champion, challenger = sums = _sums(sight.counts)
    variance = variance_of_difference(sums, sight.shares)
    if not variance:
        return None
    wording = Wording(f"mean loss {plain(challenger.mean)}, champion {plain(champion.mean)}", _ROWS, plain)
    return of_means(challenger.mean - champion.mean, variance, challenger.rows, sight.planned), wording


def _extra_loss(paired: PairedCounts) -> Sums:
    """By how much the challenger's loss is larger on the same requests."""
    return Sums(paired.labelled, -paired.gain, paired.gain_squares)


def _block(counts: LiveCounts) -> Block:
    champion, challenger = counts.champion, counts.challenger
    return Block(
        champion.labelled, champion.labelled - champion.good, challenger.labelled, challenger.labelled - challenger.good
    )


def _sums(counts: LiveCounts) -> tuple[Sums, Sums]:
    return _losses(counts.champion), _losses(counts.challenger)


def _losses(arm: ArmCounts) -> Sums:
    return Sums(arm.labelled, arm.loss, arm.loss_squares)
