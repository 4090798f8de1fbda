"""How good a challenger may be hoped to be, so that its chance can be foreseen."""

from typing import NamedTuple

from ...domain.metric_kinds import MetricKind
from ...domain.policy.policy import Policy
from ...gates.min_improvement import ROUNDING, needed_value
from .champion_level import ChampionLevel, watches_primary


class HopedGain(NamedTuple):
    """Gains over the champion as it is now, positive where better.

    `needed` is what the improvement gate asks, `asked` that or the floor, whichever is more, and `hoped` what the
    chance is about.
    """

    needed: float
    asked: float
    hoped: float


def hoped_gain(policy: Policy, level: ChampionLevel) -> HopedGain:
    """Hope for the level at promotion, for the trigger's threshold, or for twice what is needed: whichever is most.

    A challenger exactly as good as needed passes in half of the cases, however many rows there are; hence twice. Where
    all of these are below the floor, hope for half-way from there to perfection.
    """
    kind = policy.kind_of(policy.primary_metric)
    needed, floor = _needed(policy, kind, level.now), floor_of(policy)
    goals = [level.at_promotion, policy.triggers.performance_metric_threshold if watches_primary(policy) else None]
    hoped = max([2 * needed, *(kind.gain(goal, level.now) for goal in goals if goal is not None)])
    asked = needed if floor is None else max(needed, kind.gain(floor, level.now))
    if floor is not None and kind.best is not None and hoped < asked:
        hoped = kind.gain((floor + kind.best) / 2, level.now)
    return HopedGain(needed, asked, hoped if kind.best is None else min(hoped, kind.gain(kind.best, level.now)))


def floor_of(policy: Policy) -> float | None:
    """The level below which no challenger passes, where the primary metric has one."""
    return {"accuracy": policy.validation.accuracy_floor, "r2": policy.validation.r2_floor}.get(policy.primary_metric)


def is_out_of_reach(policy: Policy, champion: float) -> bool:
    """Whether a challenger would have to be better than perfect."""
    kind = policy.kind_of(policy.primary_metric)
    return kind.best is not None and _needed(policy, kind, champion) > kind.gain(kind.best, champion) + ROUNDING


def _needed(policy: Policy, kind: MetricKind, champion: float) -> float:
    if policy.validation.improvement_basis == "non_inferior":
        return 0.0
    gain: float = kind.gain(needed_value(policy, kind, champion), champion)
    return gain
