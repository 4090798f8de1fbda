"""Tries policies on the past before they are applied, and prints what they would have done beside those in force."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from ..domain.back_test import summary
from ..ports import Ports
from ..usecases.operating.policies import PlannedPolicy
from .back_test_documents import back_test_document
from .packages import packages_for_data
from .printing import print_table, say
from .worker_processes import for_each

# By model, as JSON.
BackTests = Mapping[str, Sequence[Mapping[str, object]]]


def tried_plans(
    plans: Sequence[PlannedPolicy],
    days: int | None,
    reason: str | None,
    shown: bool,
    connect: Callable[[], Ports],
    ports: Ports,
) -> tuple[list[PlannedPolicy], BackTests]:
    """The plans and what was tried, if nothing speaks against any or a person gives a reason; else ChangeRefused."""
    # Imported here: most policies demand no back-test, and need not wait for what it takes.
    with packages_for_data("a back-test"):
        from ..bootstrap import simulation_of
        from ..usecases.back_testing.try_change import consented, try_change

        trials = list(for_each(partial(try_change, asked=days, world_at=simulation_of), plans, connect, ports))
    for trial in trials if shown else ():
        if trial.tests:
            say(f"{trial.plan.policy.model}, tried on {trial.days}")
            print_table(["", *trial.tests], summary(trial.tests))
            say("")
    documents = {
        trial.plan.policy.model: [back_test_document(name, test) for name, test in trial.tests.items()]
        for trial in trials
    }
    return consented(trials, reason), documents
