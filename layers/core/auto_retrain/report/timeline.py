"""What happened, as a list along a line, with the time that passed in between."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from ..domain.durations import in_words
from ..domain.timeline import Moment
from .html import text

_A_MINUTE = timedelta(minutes=1)


def timeline(moments: Sequence[Moment]) -> str:
    passed = [timedelta(0), *(after.at - before.at for before, after in pairwise(moments))]
    return f"<ol class=timeline>{''.join(map(_moment, moments, passed))}</ol>"


def _moment(moment: Moment, passed: timedelta) -> str:
    later = f" <span class=soft>{in_words(passed)} later</span>" if passed >= _A_MINUTE else ""
    return (
        f"<li class={moment.tone}><time datetime='{moment.at.isoformat()}'>{moment.at:%F %T}</time>"
        f"<div><strong>{text(moment.title)}</strong>{later}<br>{text(moment.text)}</div></li>"
    )
