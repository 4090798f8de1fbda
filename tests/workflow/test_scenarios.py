"""Each scenario of the demo ends as it should, on real data, although everything that runs is killed on the way."""

from pathlib import Path
from threading import Thread

import pytest

from local.demo import FLIGHTS
from local.demo.flights import prepare
from local.demo.scenarios import SCENARIOS, play
from local.demo.stage import Stage
from local.stack import LocalStack

PATIENCE_SECONDS = 90


class PowerCuts:
    """Two of them: while the first version is trained, and while half of the customers ask a challenger."""

    def __init__(self, stack: LocalStack) -> None:
        self.said: list[str] = []
        self.cuts = 0
        self._stack = stack
        self._while_training = Thread(target=self._cut_during_training)

    def say(self, text: str) -> None:
        if not self.said:
            self._while_training.start()
        self.said.append(text)
        if text.startswith("half of the customers"):
            self._cut()

    def join(self) -> None:
        self._while_training.join()

    def _cut_during_training(self) -> None:
        cluster = self._stack.cluster
        if cluster.wait_until(lambda: bool(cluster.running_pids()), PATIENCE_SECONDS):
            self._cut()

    def _cut(self) -> None:
        self._stack.cut_power()
        self.cuts += 1


# Weeks are lived through once: tests/workflow/test_back_test.py
@pytest.mark.parametrize("name", [name for name in SCENARIOS if name != "backtest"])
def test_a_scenario_ends_as_it_should_although_the_power_is_cut(name: str, tmp_path: Path) -> None:
    prepare(FLIGHTS)
    directory = tmp_path / "stack"
    with LocalStack(directory, time_scale=0.1, watch_interval_seconds=0.25, report=lambda _: None) as stack:
        power = PowerCuts(stack)
        story = play(name, Stage(stack, FLIGHTS, power.say))
        power.join()
    print(story.render())
    assert story.ended_well
    assert power.cuts == 1 + any(said.startswith("half of the customers") for said in power.said)
