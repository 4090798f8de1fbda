"""Whether answers are worse than the champion's, by the labels that have arrived."""

from typing import Any

from ..domain.live import ArmCounts, LiveCounts, PairedCounts
from ..domain.verdict import Verdict
from ..statistics.e_process import Block
from .base import LiveCheck, Process, Sight, inconclusive
from .bets import mean_difference, one_proportion, two_proportions
from .differences import Difference, Wording, judge_difference, of_means, of_pairs, of_rates, plain, points, share
from .means import Sums, block_of, variance_of_difference

_ROWS = "planned requests with a label"


class LabelledQuality(LiveCheck):
    name = "labelled_quality"

    def process(self, sight: Sight, state: Any) -> Process:
        if _labelled_pairs(sight.counts.paired):
            since = sight.since.paired
            wrong, right = since.only_champion_right, since.only_challenger_right
            return one_proportion(state, wrong + right, wrong, 0.5)
        if _is_loss(sight):
            return mean_difference(state, block_of(_sums(sight.counts), _sums(sight.since), sight.planned))
        return two_proportions(state, _block(sight.since))

    def judge(self, sight: Sight, process: Process | None, is_worse: bool, limit: float) -> Verdict | None:
        rules = sight.policy.labelled_quality
        if not has_labels(sight.counts):
            return inconclusive(self.name, "no label has arrived yet") if rules.required else None
        compared = _compared(sight)
        if compared is None or process is None:
            return inconclusive(self.name, "there are too few labelled requests of both versions to compare")
        difference, wording = compared
        return judge_difference(self.name, difference, wording, rules.margin, sight.planned, process, is_worse, limit)


def has_labels(counts: LiveCounts) -> bool:
    """Whether the label of any request has arrived."""
    return bool(counts.champion.labelled or counts.challenger.labelled or _labelled_pairs(counts.paired))


def _labelled_pairs(paired: PairedCounts) -> int:
    return paired.both_right + paired.both_wrong + paired.only_champion_right + paired.only_challenger_right


def _is_loss(sight: Sight) -> bool:
    measure, arms = sight.policy.labelled_quality.measure, (sight.counts.champion, sight.counts.challenger)
    has_loss = any(arm.loss_squares for arm in arms) and not any(arm.good for arm in arms)
    return measure == "loss" or (measure is None and has_loss)


def _compared(sight: Sight) -> tuple[Difference, Wording] | None:
    paired, champion, challenger = sight.counts.paired, sight.counts.champion, sight.counts.challenger
    if rows := _labelled_pairs(paired):
        right = share(paired.both_right + paired.only_challenger_right, rows)
        champion_right = share(paired.both_right + paired.only_champion_right, rows)
        wording = Wording(f"{right} pairs are right, champion {champion_right}", "planned pairs with a label", points)
        return of_pairs(paired.only_champion_right, paired.only_challenger_right, rows), wording
    if not champion.labelled or not challenger.labelled:
        return None
    if not _is_loss(sight):
        right, champion_right = share(challenger.good, challenger.labelled), share(champion.good, champion.labelled)
        wording = Wording(f"{right} answers are right, champion {champion_right}", _ROWS, points)
        return of_rates(_block(sight.counts)), wording
    sums = _sums(sight.counts)
    variance = variance_of_difference(*sums, (sums[0].rows, sums[1].rows))
    if not variance:
        return None
    loss, champion_loss = plain(sums[1].mean), plain(sums[0].mean)
    wording = Wording(f"mean loss {loss}, champion {champion_loss}", _ROWS, plain)
    return of_means(sums[1].mean - sums[0].mean, variance, challenger.labelled), wording


def _block(counts: LiveCounts) -> Block:
    champion, challenger = counts.champion, counts.challenger
    return Block(
        champion.labelled, champion.labelled - champion.good, challenger.labelled, challenger.labelled - challenger.good
    )


def _sums(counts: LiveCounts) -> tuple[Sums, Sums]:
    return _losses(counts.champion), _losses(counts.challenger)


def _losses(arm: ArmCounts) -> Sums:
    return Sums(arm.labelled, arm.loss, arm.loss_squares)
