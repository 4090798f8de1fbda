"""Times in messages from outside leave room for every calculation with them."""

import pytest
from pydantic import ValidationError

from auto_retrain.domain.messages.references import ScheduledEvent


@pytest.mark.parametrize(
    "time", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00"]
)
def test_a_tick_at_the_edge_of_the_calendar_is_refused(time: str) -> None:
    with pytest.raises(ValidationError, match=r"calendar|in the years 1900 to 2999"):
        ScheduledEvent.model_validate({"time": time})
