"""The demo on real data: a year in the life of one model, or one of the scenarios. `make demo [SCENARIO=…]`."""

import json
import sys
import time

from local.demo.flights import prepare
from local.demo.row import render
from local.demo.scenarios import SCENARIOS, WATCH_SECONDS, play
from local.demo.stage import Stage
from local.demo.year import Year
from local.paths import DEMO, LOCAL
from local.stack import LocalStack

FLIGHTS = LOCAL / "flights"
SUMMARY = DEMO / "summary.json"


def main(scenario: str) -> int:
    """Show the year or a scenario; 0 only if it ended as it should, 2 if there is no such scenario."""
    if scenario == "year":
        return run_year()
    if scenario in SCENARIOS:
        return run_scenario(scenario)
    print(f"demo: there is no scenario '{scenario}'; choose one of: {', '.join(SCENARIOS)}", file=sys.stderr)
    return 2


def say(text: str) -> None:
    print(f"demo: {text}", flush=True)


def run_year() -> int:
    """Run the year 2013 and report on it; the exit code is 0 only if every execution ended as it should."""
    started = time.monotonic()
    say("one model, flights out of New York in 2013, the real state machine on this machine")
    prepare(FLIGHTS)
    # Watchers are woken when there is something to do; what else they look for does not happen in this year.
    with LocalStack(DEMO / "stack", watch_interval_seconds=5.0) as stack, Year(Stage(stack, FLIGHTS, say)) as year:
        rows = list(year.run())
        unexpected = year.unexpected_endings()
    seconds = time.monotonic() - started
    SUMMARY.write_text(json.dumps({"seconds": round(seconds, 1), "rows": [row.as_json() for row in rows]}, indent=2))
    print(f"\n{render(rows)}\n")
    say(f"{seconds:.0f} s; the table is in {SUMMARY.relative_to(LOCAL.parent)}, with everything in full")
    for problem in unexpected:
        print(f"demo: {problem}", file=sys.stderr)
    return 1 if unexpected else 0


def run_scenario(name: str) -> int:
    """Play a scenario; the exit code is 0 only if every line of its table is as it should be."""
    started = time.monotonic()
    say(f"{name}, with flights out of New York in 2013 and the real state machine on this machine")
    prepare(FLIGHTS)
    with LocalStack(DEMO / "stack", watch_interval_seconds=WATCH_SECONDS[name]) as stack:
        story = play(name, Stage(stack, FLIGHTS, say))
    print(f"\n{story.render()}\n")
    say(f"{time.monotonic() - started:.0f} s; logs are in {(DEMO / 'stack').relative_to(LOCAL.parent)}")
    return 0 if story.ended_well else 1
