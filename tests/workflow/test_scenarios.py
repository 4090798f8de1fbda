"""Each scenario of the demo ends as it should, on real data."""

from pathlib import Path

import pytest

from local.demo import FLIGHTS
from local.demo.flights import prepare
from local.demo.scenarios import SCENARIOS, play
from local.demo.stage import Stage
from local.stack import LocalStack


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_ends_as_it_should(name: str, tmp_path: Path) -> None:
    prepare(FLIGHTS)
    with LocalStack(tmp_path / "stack", watch_interval_seconds=0.25, report=lambda _: None) as stack:
        story = play(name, Stage(stack, FLIGHTS, say=lambda _: None))
    assert story.ended_well, story.render()
