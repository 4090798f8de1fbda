"""Asks about many models together so that one at fault, or many of them, costs no other model its answer."""

from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

from ..ports import Clock

Question = TypeVar("Question")
Answer = TypeVar("Answer")


def ask_in_parts(
    questions: Sequence[Question],
    ask: Callable[[Sequence[Question]], Sequence[Answer]],
    splitting_time: timedelta,
    clock: Clock,
) -> tuple[list[tuple[Question, Answer]], list[tuple[Sequence[Question], Exception]]]:
    """Questions with their answers, and parts that could not be answered with what they raised.

    All are asked together. A part that fails is asked again in two halves, the larger parts first, until those at fault
    stand alone: fewer calls than twice the number of questions, whatever is wrong with however many of them. After
    `splitting_time` no part is halved any more: a source that hangs with each must leave time for what follows.
    """
    until = clock.now() + splitting_time
    parts = deque([questions] if questions else [])
    answered: list[tuple[Question, Answer]] = []
    failed: list[tuple[Sequence[Question], Exception]] = []
    while parts:
        part = parts.popleft()
        try:
            answered.extend(zip(part, ask(part), strict=True))
        except Exception as error:
            if len(part) > 1 and clock.now() < until:
                parts.extend((part[: len(part) // 2], part[len(part) // 2 :]))
            else:
                failed.append((part, error))
    return answered, failed
