"""What speaks against putting a policy in force in place of another one, by what both would have done in the past."""

from collections.abc import Iterator

from .back_test import BackTest


def objections(new: BackTest, in_force: BackTest) -> list[str]:
    """Each thing in which the new policy would have done worse than the one in force, or of which that is not known.

    More retrainings alone are no objection: they may be what a change is for. Needless ones are, and days beyond the
    limit of the policy in force that would have passed without a retraining.
    """
    return [*_not_known(new, in_force), *_worse(new, in_force)]


def _not_known(new: BackTest, in_force: BackTest) -> Iterator[str]:
    unread = new.unread or in_force.unread
    if unread:
        yield f"the metric could not be read: {unread}"
        return
    for metric in dict.fromkeys(each.metric for each in (new, in_force) if each.limit is not None and not each.levels):
        yield f"nothing is known of {metric} in these days"


def _worse(new: BackTest, in_force: BackTest) -> Iterator[str]:
    needless, before = new.needless, in_force.needless
    if needless > before:
        yield f"needless retrainings: {needless} rather than {before}"
    unanswered = sum(each.answered_by(new.starts).days_unanswered for each in in_force.beyond)
    if unanswered > in_force.days_unanswered:
        yield (
            f"days beyond the limit that is in force without a retraining: {unanswered} rather than "
            f"{in_force.days_unanswered}"
        )
