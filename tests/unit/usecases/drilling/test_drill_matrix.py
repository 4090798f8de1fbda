"""Before or after any call of a live drill the process dies, or a person moves alias or weights."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest

from auto_retrain.domain.errors import AutoRetrainError
from auto_retrain.usecases.audit.record import FACTS_LOG
from auto_retrain.usecases.drilling.drill import drill_rollback
from auto_retrain.usecases.drilling.there_and_back import LONGEST_DRILL
from auto_retrain.usecases.rolling_out.follow import follow
from auto_retrain.usecases.rolling_out.traffic_target import target_of
from tests.unit.usecases.interruptions import OutsideCalls, copied, die, moments, table
from tests.unit.usecases.rollout_stages import promoted, serving
from tests.unit.usecases.test_rollout_matrix import (
    broken_invariant,
    lost_choice,
    move_alias,
    move_everything,
    move_weights,
    reconcile_all,
)
from tests.unit.usecases.world import World

# Version 2 serves, and version 1 did before.
prepare = copied(promoted)


def drill(world: World, job_id: str) -> None:
    drill_rollback("churn", "ada", True, world.ports, wait=lambda _: None)


def later(world: World, job_id: str) -> None:
    world.ports.clock.advance(LONGEST_DRILL)
    reconcile_all(world, job_id)


def look(world: World) -> None:
    """What the next job does: a record that was followed is compared with what serves only then."""
    follow(serving(world), target_of(serving(world), world.ports.policies.get("churn")), world.ports)


@pytest.mark.parametrize("again", [False, True])
def test_a_drill_whose_process_dies_anywhere_ends_with_the_champion(again: bool) -> None:
    problems = {}
    for moment in moments(prepare, drill):
        world, job_id = prepare()
        OutsideCalls(world.ports, moment, die).run(partial(drill, world, job_id))
        later(world, job_id)
        problem = broken_invariant(world, job_id)
        if again:
            drill(world, job_id)
        weights = dict(world.ports.weights.routes["churn"].weights)
        alias, record = world.ports.registry.champion("churn"), serving(world)
        is_back = (weights, alias, record.is_open, record.drill) == ({"2": 100}, "2", False, None)
        problems[moment] = problem or (None if is_back else f"{weights}, alias {alias}")
    print(table(problems))
    assert not any(problems.values()), table(problems)


# MLflow has no compare-and-set: whoever moves the alias between our last look and our move is overwritten.
OVERWRITTEN = {
    "after registry.champion (2)",
    "before registry.set_champion",
    "after registry.champion (4)",
    "before registry.set_champion (2)",
}


@pytest.mark.parametrize("move", [move_alias, move_weights, move_everything])
def test_a_person_who_moves_something_during_a_drill_wins(move: Callable[[World], None]) -> None:
    problems = {}
    for moment in moments(prepare, drill):
        world, job_id = prepare()
        with suppress(AutoRetrainError):
            OutsideCalls(world.ports, moment, partial(move, world)).run(partial(drill, world, job_id))
        later(world, job_id)
        look(world)
        problems[moment] = lost_choice(world, move)
    print(table(problems))
    wrong = {" ".join(moment) for moment, problem in problems.items() if problem}
    assert wrong == (OVERWRITTEN if move is move_alias else set()), table(problems)


def test_each_way_of_a_drill_has_one_line_and_one_fact(caplog: pytest.LogCaptureFixture) -> None:
    world, job_id = prepare()
    before = serving(world).sequence
    caplog.set_level("INFO", FACTS_LOG)
    drill(world, job_id)
    recorded = [fact["kind"] for entry in caplog.records if (fact := vars(entry).get("fact"))]
    changes = [line.change for line in world.ports.ledger.lines("churn", serving(world).sequence - before)]
    assert changes == ["drill_ended", "drill"]
    assert [kind for kind in recorded if kind != "serving_in_force"] == ["drill_moved", "drill_moved", "drill_passed"]
