"""The scenarios of the demo by their names: `make demo SCENARIO=performance`."""

from collections.abc import Callable

from local.demo.scenarios import backtest, drift, experiments, fleet, performance
from local.demo.stage import Stage
from local.demo.story import Story

SCENARIOS: dict[str, Callable[[Stage, Story], None]] = {
    "performance": performance.play,
    "drift": drift.play,
    "fleet": fleet.play,
    "experiments": experiments.play,
    "backtest": backtest.play,
}
# Watchers are woken when there is something to do; only a rollout has more to look for.
WATCH_SECONDS = dict.fromkeys(SCENARIOS, 0.25) | {"backtest": 5.0}


def play(name: str, stage: Stage) -> Story:
    """Play one to its end; what breaks it is its last line."""
    story = Story(f"{name}: {SCENARIOS[name].__doc__}")
    try:
        SCENARIOS[name](stage, story)
    except Exception as error:
        story.check("the story goes on", False, f"{type(error).__name__}: {error}")
    return story
