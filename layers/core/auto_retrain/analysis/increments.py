"""What is new since the look before, as counts of their own; counts that cannot be are refused."""

from typing import Any

from ..domain.live import ArmCounts, LiveCounts, PairedCounts

_ARM = ("requests", "errors", "labelled", "good", "business_rows")
_SUMS = ("loss", "loss_squares", "business", "business_squares")
_PAIRED = tuple(PairedCounts.model_fields)


class UncountableError(ValueError):
    """Counts went backwards, or are larger than the whole that they are part of."""


def since(before: LiveCounts, now: LiveCounts) -> LiveCounts:
    """The requests between two looks at the same step; latencies and scores are judged as a whole and left out.

    Raises:
        UncountableError: something was counted before and is not any more, or more failed than there were.
    """
    return LiveCounts.model_construct(
        champion=_arm("champion", before.champion, now.champion),
        challenger=_arm("challenger", before.challenger, now.challenger),
        paired=PairedCounts.model_construct(**_counted("pairs", _PAIRED, before.paired, now.paired)),
    )


def _arm(name: str, before: ArmCounts, now: ArmCounts) -> ArmCounts:
    counted = _counted(name, _ARM, before, now)
    for part, whole in (("errors", "requests"), ("good", "labelled")):
        if counted[part] > counted[whole]:
            raise UncountableError(f"{name}: {counted[part]:,} new {part} of {counted[whole]:,} new {whole}")
    sums: dict[str, Any] = {field: getattr(now, field) - getattr(before, field) for field in _SUMS}
    return ArmCounts.model_construct(**counted, **sums)


def _counted(name: str, fields: tuple[str, ...], before: Any, now: Any) -> dict[str, Any]:
    new = {field: getattr(now, field) - getattr(before, field) for field in fields}
    for field, number in new.items():
        if number < 0:
            was, is_now = getattr(before, field), getattr(now, field)
            raise UncountableError(f"{name}: {field} went backwards from {was:,} to {is_now:,}")
    return new
