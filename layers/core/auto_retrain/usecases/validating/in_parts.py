"""Compares a challenger and the champion on a holdout in parts, of which one is in memory at a time."""

from collections.abc import Iterator, Sequence

import numpy as np

from ...comparison.canonical_answers import in_canonical_texts
from ...comparison.holdout import digest_rows
from ...comparison.merge import merge_parts
from ...comparison.pair_up import on_same_rows
from ...comparison.predictions import Predictions
from ...comparison.survey import PartOfPair
from ...comparison.versions import Terms, Versions
from ...domain.comparison_size import MAX_NUMBERS, numbers_to_read, too_many_numbers
from ...domain.errors import ArtifactInvalid
from ...domain.job import RetrainingJob
from ...domain.policy.policy import Policy
from ...domain.results import ScoringResult
from ...ports import Ports
from ..looks import Looks
from .frozen_rows import load_version, on_frozen_rows, seed_of


def versions_in_parts(
    version: str, job: RetrainingJob, scores: Sequence[ScoringResult], policy: Policy, looks: Looks, ports: Ports
) -> Versions:
    """One challenger beside the champion, if there is one.

    Raises ArtifactInvalid if predictions are absent, changed, too many, or not of the rows that were frozen.
    """
    reader = _Reader(version, job, scores, policy, ports)
    if not reader.rows:
        raise ArtifactInvalid(f"version {version} was not scored in any part of the holdout")
    terms, seed = Terms(policy, len(job.challengers), *looks), seed_of(job)
    while True:
        try:
            return merge_parts(reader.parts, reader.rows, terms, seed)
        except _SpelledOtherwise:
            # Read anew: classes that only some parts put into canonical texts would be others than those of the rest.
            continue


class _SpelledOtherwise(Exception):
    """A part shows that a version has to be put into canonical texts, after others were read as they are."""


class _Reader:
    """Reads parts, and looks closely the first time only: a file with the same digest has the same content."""

    def __init__(
        self, version: str, job: RetrainingJob, scores: Sequence[ScoringResult], policy: Policy, ports: Ports
    ) -> None:
        self._version, self._job, self._scores = version, job, scores
        self._policy, self._ports = policy, ports
        self.rows = sum(score.predictions[version].rows for score in scores if version in score.predictions)
        # Places of the versions that are put into canonical texts: in all parts, as in one piece.
        self._respelled: set[int] = set()
        self._checked: set[int] = set()

    def parts(self) -> Iterator[PartOfPair]:
        for part, score in enumerate(self._scores):
            if score.predictions or not _has_no_rows(self._job, part):
                yield self._spelled(part) if part in self._checked else self._check(part)

    def _check(self, part: int) -> PartOfPair:
        loaded = self._spelled(part)
        self._check_size(loaded)
        challenger, _ = on_frozen_rows(self._version, loaded.challenger, self._job, part)
        champion = None if loaded.champion is None else on_same_rows(challenger, loaded.champion)
        checked = PartOfPair(challenger, champion)
        pairs = zip(checked.versions, loaded.versions, strict=True)
        respelled = {place for place, (now, was) in enumerate(pairs) if now is not was}
        if not respelled <= self._respelled:
            self._respelled |= respelled
            self._checked.clear()
            raise _SpelledOtherwise
        self._checked.add(part)
        return checked

    def _check_size(self, loaded: PartOfPair) -> None:
        """As the check of the data did, which did not know whether there are probabilities; the first part tells."""
        probabilities = max(0 if each.scores is None else each.scores.shape[1] for each in loaded.versions)
        size = (self.rows, len(self._job.challengers), probabilities, len(loaded.challenger.slices))
        if numbers_to_read(*size) > MAX_NUMBERS:
            raise ArtifactInvalid(too_many_numbers(*size))

    def _spelled(self, part: int) -> PartOfPair:
        loaded = self._load(part, is_known=part in self._checked)
        return PartOfPair(
            *(in_canonical_texts(each) if place in self._respelled else each for place, each in enumerate(loaded))
        )

    def _load(self, part: int, is_known: bool = False) -> list[Predictions]:
        """The challenger's answers, and the champion's if there is one, whose rows are compared by ids and labels."""
        scores, data, champion = self._scores[part], self._policy.data, self._job.champion_version
        loaded = [load_version(self._version, scores, data, self._ports, is_known)]
        if champion:
            without_groups = data.changed(entity=None, slices=())
            loaded.append(load_version(champion, scores, without_groups, self._ports, is_known))
        return loaded


def _has_no_rows(job: RetrainingJob, part: int) -> bool:
    """Whether none of its rows had a label when it was frozen."""
    frozen = job.data_check.holdout if job.data_check else None
    none = np.empty(0, np.str_)
    return frozen is not None and frozen.parts[part].cells == digest_rows(none, none, None, {}).cells
