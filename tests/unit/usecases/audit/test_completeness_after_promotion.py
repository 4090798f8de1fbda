"""What happens to a champion after its promotion has its entries, too."""

from auto_retrain.usecases.after_promotion.acknowledge import acknowledge
from tests.unit.audited import audit_problems
from tests.unit.usecases.after_promotion.watch_world import WatchWorld


def kinds(world: WatchWorld) -> set[str]:
    return {event.kind for event in world.ports.events.published}


def test_a_champion_that_was_taken_back_and_acknowledged_leaves_no_record_without_an_entry() -> None:
    world = WatchWorld()
    before = audit_problems(world.ports)
    world.degrade()
    world.passes(96)
    assert world.champion() == "1"
    acknowledge("churn", "ada", "we know", world.ports)
    world.passes(48)
    assert kinds(world) >= {"version_taken_back", "job_taken_back", "champions_failed", "failure_acknowledged"}
    assert audit_problems(world.ports) == before


def test_a_promotion_that_became_final_leaves_no_record_without_an_entry() -> None:
    world = WatchWorld()
    before = audit_problems(world.ports)
    world.passes(24 * 9, every=24)
    assert "promotion_final" in kinds(world)
    assert audit_problems(world.ports) == before
