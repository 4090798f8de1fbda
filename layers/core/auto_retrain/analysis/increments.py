"""What is new since the look before, as counts of their own; counts that cannot be are refused."""

from typing import Any

from ..domain.live import ArmCounts, LiveCounts, PairedCounts

_ARM = ("requests", "errors", "labelled", "good", "business_rows")
_SUMS = ("loss", "loss_squares", "business", "business_squares")
_PAIRED = tuple(PairedCounts.model_fields)
# No part is larger than its whole, in all counts or in the new ones. Labels may arrive for earlier requests.
_PARTS = (("errors", "requests"), ("labelled", "requests"), ("good", "labelled"), ("business_rows", "requests"))
_NEW_PARTS = (("errors", "requests"), ("good", "labelled"))
_PAIRED_PARTS = (("equal", "answered"),)


class UncountableError(ValueError):
    """Counts went backwards, or are larger than the whole that they are part of."""


def since(before: LiveCounts, now: LiveCounts) -> LiveCounts:
    """The requests between two looks at the same step; latencies and scores are judged as a whole and left out.

    Raises:
        UncountableError: something was counted before and is not any more, or a part is larger than its whole.
    """
    paired = PairedCounts.model_construct(**_counted("pairs", _PAIRED, before.paired, now.paired))
    _check_parts("new pairs", paired, _PAIRED_PARTS)
    return LiveCounts.model_construct(
        champion=_arm("champion", before.champion, now.champion),
        challenger=_arm("challenger", before.challenger, now.challenger),
        paired=paired,
    )


def _arm(name: str, before: ArmCounts, now: ArmCounts) -> ArmCounts:
    counted = _counted(name, _ARM, before, now)
    sums: dict[str, Any] = {field: getattr(now, field) - getattr(before, field) for field in _SUMS}
    new = ArmCounts.model_construct(**counted, **sums)
    _check_parts(name, now, _PARTS)
    _check_parts(f"new for the {name}", new, _NEW_PARTS)
    return new


def _check_parts(name: str, counts: Any, parts: tuple[tuple[str, str], ...]) -> None:
    for part, whole in parts:
        if getattr(counts, part) > getattr(counts, whole):
            raise UncountableError(f"{name}: {getattr(counts, part):,} {part} of {getattr(counts, whole):,} {whole}")


def _counted(name: str, fields: tuple[str, ...], before: Any, now: Any) -> dict[str, Any]:
    new = {field: getattr(now, field) - getattr(before, field) for field in fields}
    for field, number in new.items():
        if number < 0:
            was, is_now = getattr(before, field), getattr(now, field)
            raise UncountableError(f"{name}: {field} went backwards from {was:,} to {is_now:,}")
    return new
