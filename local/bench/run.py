"""Runs every measurement."""

import json

from local.bench import (
    audit,
    back_testing,
    chain_calls,
    champions,
    demo,
    drift,
    estimates,
    examination,
    fleet_page,
    imports,
    labelled_days,
    large_holdout,
    large_profile,
    large_sweep,
    live_checks,
    live_counts,
    rollouts,
    serving,
    stored_rollouts,
    sweep,
    trained_back_test,
    validation,
    watch,
)
from local.bench.figure import Figure, render
from local.paths import BENCH

PARTS = (
    imports,
    sweep,
    large_sweep,
    back_testing,
    trained_back_test,
    fleet_page,
    watch,
    stored_rollouts,
    rollouts,
    drift,
    large_profile,
    live_counts,
    labelled_days,
    estimates,
    examination,
    live_checks,
    serving,
    validation,
    large_holdout,
    champions,
    audit,
    chain_calls,
    demo,
)


def main() -> int:
    """Measure everything; a missed goal is shown, not failed, because machines differ."""
    figures: list[Figure] = []
    for part in PARTS:
        print(f"bench: {part.__doc__.splitlines()[0] if part.__doc__ else part.__name__}", flush=True)
        figures += part.measure()
    BENCH.parent.mkdir(parents=True, exist_ok=True)
    BENCH.write_text(json.dumps([figure.as_json() for figure in figures], indent=2))
    print(render(figures))
    return 0
