"""A back-test as JSON for programs."""

from collections.abc import Mapping
from datetime import timedelta

from ..domain.back_test import BackTest

# What was tried of changed policies and what speaks against them, as JSON by model.
TriedChanges = Mapping[str, Mapping[str, object]]
NOT_TRIED: Mapping[str, object] = {"back_tests": (), "objections": ()}


def back_test_document(name: str, test: BackTest) -> dict[str, object]:
    """What it comes to, without its decisions."""
    return {
        "policy": name,
        "model_name": test.model_name,
        "start": f"{test.days.start}",
        "end": f"{test.days.end - timedelta(days=1)}",
        "retrainings": len(test.starts),
        "needless": test.needless,
        "held": test.held,
        "days_beyond_limit": test.days_beyond,
        "days_unanswered": test.days_unanswered,
        "usd": test.usd,
        "metric_unread": test.unread,
    }
