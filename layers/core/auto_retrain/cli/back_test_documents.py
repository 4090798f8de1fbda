"""A back-test as JSON for programs."""

from datetime import timedelta

from ..domain.back_test import BackTest


def back_test_document(name: str, test: BackTest) -> dict[str, object]:
    """What it comes to, without its decisions."""
    return {
        "policy": name,
        "model_name": test.model_name,
        "start": f"{test.days.start}",
        "end": f"{test.days.end - timedelta(days=1)}",
        "retrainings": len(test.starts),
        "held": test.held,
        "days_beyond_limit": test.days_beyond,
        "days_unanswered": test.days_unanswered,
        "usd": test.usd,
        "metric_unread": test.unread,
    }
