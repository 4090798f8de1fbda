"""How much a bandit costs, and how often its verdict is wrong: simulated through strategy and analysis, with seeds.

As in the table that the bounds come from: 20,000 requests in 100 updates, 0.90 of the champion's answers are right.
Limits allow for three standard errors of the simulation.
"""

from collections import deque
from math import sqrt
from statistics import mean, stdev

import numpy as np
import pytest

from auto_retrain.analysis import analyse
from auto_retrain.domain.analysis import Analysis, RolloutEvidence
from auto_retrain.domain.live import ArmCounts, LiveCounts
from auto_retrain.strategies import Action, Promote, RollBack
from tests.unit.strategies.rollouts import begun, minutes, moved, next_action

CHAMPION, REQUESTS, UPDATES = 0.90, 200, 100
Batch = tuple[int, int, int]


class Served:
    """What two versions answered so far, and the labels that have arrived, a number of updates late."""

    def __init__(self, seed: int, challenger: float, late: int) -> None:
        self._random, self._rates = np.random.default_rng(seed), (CHAMPION, challenger)
        self._on_the_way: deque[tuple[Batch, Batch]] = deque()
        self._late = late
        self.requests, self.labelled, self.good = [0, 0], [0, 0], [0, 0]

    def serve(self, weight: int) -> None:
        """Answer as many requests as come between two updates."""
        challenger = int(self._random.binomial(REQUESTS, weight / 100))
        requests = (REQUESTS - challenger, challenger)
        good = self._random.binomial(requests, self._rates).tolist()
        self.requests = [before + new for before, new in zip(self.requests, requests, strict=True)]
        self._on_the_way.append((requests, good))
        if len(self._on_the_way) > self._late:
            labelled, right = self._on_the_way.popleft()
            self.labelled = [before + new for before, new in zip(self.labelled, labelled, strict=True)]
            self.good = [before + new for before, new in zip(self.good, right, strict=True)]

    def counts(self, at: int) -> LiveCounts:
        arms = [
            ArmCounts.unchecked(requests=requests, labelled=labelled, good=good)
            for requests, labelled, good in zip(self.requests, self.labelled, self.good, strict=True)
        ]
        return LiveCounts.unchecked(champion=arms[0], challenger=arms[1], newest_at=minutes(at))

    def rewards(self) -> Analysis:
        (one, other), (judged, judged_too) = self.good, self.labelled
        return Analysis.model_construct(rewards=((one, judged), (other, judged_too)))


def regret(seed: int, challenger: float, late: int) -> float:
    """Right answers that were lost against the better version, when nothing ends the rollout early."""
    rollout, served = begun("bandit"), Served(seed, challenger, late)
    for update in range(1, UPDATES + 1):
        served.serve(rollout.weight)
        at = minutes(60 * update)
        seen = RolloutEvidence.model_construct(
            rollout_id=rollout.job_id,
            step=0,
            looked_at=at,
            held_since=None,
            counts=served.counts(60 * update),
            analysis=served.rewards(),
        )
        rollout = moved(rollout, next_action(rollout, seen, at), at)
    of_champion, of_challenger = served.requests
    best = max(CHAMPION, challenger)
    return of_champion * (best - CHAMPION) + of_challenger * (best - challenger)


@pytest.mark.parametrize(
    ("challenger", "late", "allowed"), [(0.92, 0, 202), (0.88, 0, 36), (0.80, 0, 110), (0.80, 20, 282)]
)
def test_a_bandit_loses_no_more_than_its_bounds_make_it_lose(challenger: float, late: int, allowed: float) -> None:
    """20 rollouts; what they lose on average, against simulations of the same rule with 1,500."""
    losses = [regret(seed, challenger, late) for seed in range(20)]
    assert mean(losses) <= allowed + 3 * stdev(losses) / sqrt(len(losses))


def ending(seed: int, challenger: float, late: int) -> Action:
    """How a rollout ends, through the analysis itself."""
    rollout, served = begun("bandit", max_hours=UPDATES), Served(seed, challenger, late)
    evidence: RolloutEvidence | None = None
    for update in range(1, UPDATES):
        served.serve(rollout.weight)
        at = minutes(60 * update)
        evidence = analyse(rollout.deployment.analysis, rollout, evidence, served.counts(60 * update), at)
        action = next_action(rollout, evidence, at)
        if isinstance(action, (Promote, RollBack)):
            return action
        rollout = moved(rollout, action, at)
    return next_action(rollout, evidence, minutes(60 * UPDATES))


@pytest.mark.parametrize("late", [0, 20])
def test_equal_versions_are_promoted_or_called_worse_in_at_most_5_percent(late: int) -> None:
    """20 rollouts; longer simulations gave the figures in the documentation."""
    endings = [ending(seed, CHAMPION, late) for seed in range(20)]
    wrong = sum(isinstance(end, Promote) or "max_hours" not in end.reason for end in endings)
    assert wrong / len(endings) <= 0.05 + 3 * sqrt(0.05 * 0.95 / len(endings))


@pytest.mark.parametrize(("challenger", "kind"), [(0.80, RollBack), (0.96, Promote)])
def test_a_clear_difference_is_told_the_right_way_round_although_labels_are_late(
    challenger: float, kind: type[Action]
) -> None:
    endings = [ending(seed, challenger, 20) for seed in range(15)]
    assert sum(isinstance(end, kind) for end in endings) >= 14
    assert not any("max_hours" in end.reason for end in endings)
