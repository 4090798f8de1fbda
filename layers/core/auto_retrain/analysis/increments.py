"""What can be compared, and what is new since the look before; counts that cannot be are refused."""

from typing import Any

from ..domain.live import ArmCounts, LiveCounts, PairedCounts, PeriodCounts

_ARM = (
    "requests",
    "entities",
    "entity_squares",
    "error_squares",
    "error_products",
    "errors",
    "labelled",
    "good",
    "business_rows",
)
_LABELS = ("mature", "labelled", "good", "loss", "loss_squares")
_SUMS = ("loss", "loss_squares", "business", "business_squares")
# A period may still change after it was counted, or be counted as a part of a longer one.
_PERIODS = ("periods", "gain", "gain_squares")
_PAIRED_SUMS = ("gain", "gain_squares")
_PAIRED = tuple(field for field in PairedCounts.model_fields if field not in _PAIRED_SUMS)
_PAIRED_LABELS = tuple(field for field in PairedCounts.model_fields if field not in ("answered", "equal"))
# No part is larger than its whole, in all counts or in the new ones. Labels may arrive for earlier requests.
_PARTS = (("errors", "requests"), ("labelled", "requests"), ("good", "labelled"), ("business_rows", "requests"))
_NEW_PARTS = (("errors", "requests"), ("good", "labelled"))
_PAIRED_PARTS = (("equal", "answered"),)


def as_compared(counts: LiveCounts, is_shadow: bool) -> LiveCounts:
    """With the copies in place of the challenger's requests, if it has nothing else."""
    return counts.changed(challenger=counts.copies) if is_shadow and counts.copies.requests else counts


def with_labels_of(before: LiveCounts, counts: LiveCounts) -> LiveCounts:
    """With the labels as they were, because those that are there now cannot be trusted."""
    arms = {
        name: getattr(counts, name).changed(**_fields(_LABELS, getattr(before, name)))
        for name in ("champion", "challenger", "copies")
    }
    paired = counts.paired.changed(**_fields(_PAIRED_LABELS, before.paired))
    return counts.changed(**arms, paired=paired)


def _fields(names: tuple[str, ...], counts: Any) -> dict[str, Any]:
    return {name: getattr(counts, name) for name in names}


class UncountableError(ValueError):
    """Counts went backwards, or are larger than the whole that they are part of."""


def since(before: LiveCounts, now: LiveCounts) -> LiveCounts:
    """The requests between two looks at the same step; latencies and scores are judged as a whole and left out.

    Raises:
        UncountableError: something was counted before and is not any more, or a part is larger than its whole.
    """
    counted = _counted("pairs", _PAIRED, before.paired, now.paired)
    paired = PairedCounts.unchecked(**counted, **_sums(_PAIRED_SUMS, before.paired, now.paired))
    _check_parts("new pairs", paired, _PAIRED_PARTS)
    return LiveCounts.unchecked(
        champion=_arm("champion", before.champion, now.champion),
        challenger=_arm("challenger", before.challenger, now.challenger),
        paired=paired,
        by_period=PeriodCounts.unchecked(**_sums(_PERIODS, before.by_period, now.by_period)),
    )


def _arm(name: str, before: ArmCounts, now: ArmCounts) -> ArmCounts:
    counted = _counted(name, _ARM, before, now)
    new = ArmCounts.unchecked(**counted, **_sums(_SUMS, before, now))
    _check_parts(name, now, _PARTS)
    _check_parts(f"new for the {name}", new, _NEW_PARTS)
    return new


def _check_parts(name: str, counts: Any, parts: tuple[tuple[str, str], ...]) -> None:
    for part, whole in parts:
        if getattr(counts, part) > getattr(counts, whole):
            raise UncountableError(f"{name}: {getattr(counts, part):,} {part} of {getattr(counts, whole):,} {whole}")


def _sums(fields: tuple[str, ...], before: Any, now: Any) -> dict[str, Any]:
    return {field: getattr(now, field) - getattr(before, field) for field in fields}


def _counted(name: str, fields: tuple[str, ...], before: Any, now: Any) -> dict[str, Any]:
    new = {field: getattr(now, field) - getattr(before, field) for field in fields}
    for field, number in new.items():
        if number < 0:
            was, is_now = getattr(before, field), getattr(now, field)
            raise UncountableError(f"{name}: {field} went backwards from {was:,} to {is_now:,}")
    return new
