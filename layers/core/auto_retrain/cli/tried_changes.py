"""Tries policies on the past before they are applied, and prints what they would have done beside those in force."""

from collections.abc import Callable, Sequence
from functools import partial

from ..domain.back_test import summary
from ..domain.errors import ChangeRefused
from ..ports import Ports
from ..usecases.operating.policies import PlannedPolicy
from .back_test_documents import TriedChanges, back_test_document
from .packages import packages_for_data
from .policy_plans import print_plans
from .printing import print_table, say
from .worker_processes import for_each


def tried_plans(
    plans: Sequence[PlannedPolicy],
    days: int | None,
    reason: str | None,
    as_json: bool,
    connect: Callable[[], Ports],
    ports: Ports,
) -> tuple[list[PlannedPolicy], TriedChanges]:
    """The plans and what was tried, if nothing speaks against any or a person gives a reason.

    Otherwise raises ChangeRefused, when what was tried has been printed.
    """
    # Imported here: most policies demand no back-test, and need not wait for what it takes.
    with packages_for_data("a back-test"):
        from ..bootstrap import simulation_of
        from ..usecases.back_testing.try_change import consented, try_change

        trials = list(for_each(partial(try_change, asked=days, world_at=simulation_of), plans, connect, ports))
    for trial in trials if not as_json else ():
        if trial.tests:
            say(f"{trial.plan.policy.model}, tried on {trial.days}")
            print_table(["", *trial.tests], summary(trial.tests))
            say("")
    documents = {
        trial.plan.policy.model: {
            "back_tests": [back_test_document(name, test) for name, test in trial.tests.items()],
            "objections": trial.objections,
        }
        for trial in trials
    }
    try:
        return consented(trials, reason), documents
    except ChangeRefused:
        if as_json:
            print_plans([(plan, None) for plan in plans], as_json, documents)
        raise
