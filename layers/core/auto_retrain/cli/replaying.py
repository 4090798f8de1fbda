"""`auto-retrain replay`: computes a verdict again from the stored evidence."""

import typer

from .arguments import Job, Json, ports_of
from .commands import Commands
from .packages import packages_for_data
from .printing import plain, print_json

commands = Commands()


@commands.add("replay", "replay churn-0123456789")
def replay(context: typer.Context, job: Job, as_json: Json = False) -> int:
    """Compute a job's verdict again from the stored predictions, with the policy of that time. Exits with 1 and names
    what differs if the result is not the same."""
    with packages_for_data("replay"):
        from ..usecases.validating.replay import replay_validation

        replayed = replay_validation(job, ports_of(context))
    if as_json:
        print_json(replayed)
    elif replayed.is_same:
        how = (
            "with the same hash"
            if replayed.has_same_words
            else "in other words than those of the release that sealed it"
        )
        print(f"{replayed.job_id}: the same verdict, {replayed.sealed.decision.value}, {how}")
        print(replayed.replayed.validation_hash)
    else:
        decisions = f"{replayed.sealed.decision.value}, replayed {replayed.replayed.decision.value}"
        print(f"{replayed.job_id}: NOT the same: {decisions}")
        if replayed.has_other_statistics:
            print("  it was sealed by a release that computed some numbers in another way; see docs/limits.md")
        for difference in replayed.differences:
            print(f"  {plain(difference)}")
    return 0 if replayed.is_same else 1
