"""A year in the life of one model on real data: `make demo`."""

import json
import sys
import time

from local.demo.flights import prepare
from local.demo.row import render
from local.demo.year import Year
from local.paths import DEMO, LOCAL
from local.stack import LocalStack

FLIGHTS = LOCAL / "flights"
SUMMARY = DEMO / "summary.json"


def main() -> int:
    """Run the year 2013 and report on it; the exit code is 0 only if every execution ended as it should."""
    started = time.monotonic()
    print("demo: one model, flights out of New York in 2013, the real state machine on this machine", flush=True)
    prepare(FLIGHTS)
    with LocalStack(DEMO / "stack", watch_interval_seconds=0.25) as stack, Year(stack, FLIGHTS) as year:
        rows = list(year.run())
        unexpected = year.unexpected_endings()
    seconds = time.monotonic() - started
    SUMMARY.write_text(json.dumps({"seconds": round(seconds, 1), "rows": [row.as_json() for row in rows]}, indent=2))
    print(f"\n{render(rows)}\n")
    print(f"demo: {seconds:.0f} s; the table is in {SUMMARY.relative_to(LOCAL.parent)}, with everything in full")
    for problem in unexpected:
        print(f"demo: {problem}", file=sys.stderr)
    return 1 if unexpected else 0
