"""What several metrics say of one champion, as one verdict."""

from collections.abc import Sequence

from ...analysis.champion_watch import CHECK
from ...domain.verdict import Outcome, Verdict

# The first of these that any of them has is that of all: one metric that got worse is enough, and all have to be fine.
_IN_ORDER = (Outcome.MET, Outcome.ERROR, Outcome.INCONCLUSIVE, Outcome.UNMET)
_UNREAD = Verdict(check=CHECK, outcome=Outcome.ERROR, reason="another metric could not be read")


def combined(verdicts: Sequence[Verdict | None]) -> Verdict | None:
    """The verdict of all, with their reasons; None if none could be read."""
    if len(verdicts) == 1 or not any(verdicts):
        return verdicts[0]
    each = sorted((verdict or _UNREAD for verdict in verdicts), key=lambda verdict: _IN_ORDER.index(verdict.outcome))
    return each[0].changed(reason="; ".join(dict.fromkeys(verdict.reason for verdict in each)))
