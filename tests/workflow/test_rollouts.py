"""A challenger goes into production in steps, or is taken back, through the real state machine."""

from datetime import timedelta

from auto_retrain.domain.ending import Ending
from tests.workflow.rollouts import A_BAKE, Canary
from tests.workflow.world import World

STEP = ["AwaitRollout", "DeployModel", "ChooseRollout"]
TO_THE_END = ["ProfileData", "CloseJob", "ChooseEnding", "Closed"]


def test_a_good_canary_is_promoted_in_its_steps(world: World) -> None:
    canary = Canary(world)
    canary.wait_for_weight(10)
    assert (canary.champion, world.registry.champion(canary.model)) == ("1", "1")
    canary.bake(12_000)

    canary.wait_for_weight(50)
    assert (canary.champion, world.registry.champion(canary.model)) == ("1", "1")
    canary.bake(12_000)

    ended = canary.wait_for_the_end()
    assert (ended.status, ended.job and ended.job.ending) == ("SUCCEEDED", Ending.PROMOTED)
    assert (canary.champion, world.registry.champion(canary.model)) == ("2", "2")
    start = ended.path.index("DeployModel")
    assert ended.path[start:] == ["DeployModel", "ChooseRollout", *STEP * 2, *TO_THE_END]
    changes = [(line.change, line.weight) for line in world.ledger.lines(canary.model, 10)][::-1]
    assert changes == [("promoted", 0), ("weight", 10), ("weight", 50), ("promoted", 0)]


def test_a_bad_canary_is_taken_back_and_not_offered_again(world: World) -> None:
    canary = Canary(world)
    canary.wait_for_weight(10)
    canary.answer(500)
    canary.wait_for_a_look(450)
    canary.answer(5_000, errors={"2": 100, "1": 9})

    ended = canary.wait_for_the_end()
    assert (ended.status, ended.job and ended.job.ending) == ("SUCCEEDED", Ending.ROLLED_BACK)
    assert (canary.champion, world.registry.champion(canary.model)) == ("1", "1")
    assert canary.record.is_rolled_back("2")
    assert world.is_free(canary.model)


def test_a_canary_without_requests_is_held_and_then_taken_back(world: World) -> None:
    canary = Canary(world, max_hold_minutes=60)
    canary.wait_for_weight(10)
    canary.let_pass(A_BAKE)
    world.wait_for("a hold", lambda: _is_held(canary))
    assert canary.weight == 10
    evidence = world.ledger.evidence(canary.model)
    assert evidence is not None
    assert evidence.held_since is not None
    world.ledger.keep_evidence([evidence.changed(held_since=evidence.held_since - timedelta(minutes=61))])

    ended = canary.wait_for_the_end()
    assert (ended.status, ended.job and ended.job.ending) == ("SUCCEEDED", Ending.ROLLED_BACK)
    assert canary.champion == "1"


def test_a_canary_whose_labels_never_come_is_held_and_then_taken_back(world: World) -> None:
    canary = Canary(world, weights=[50], max_hold_minutes=60, analysis={"labelled_quality": {"required": True}})
    canary.wait_for_weight(50)
    canary.bake(4_000)
    world.wait_for("a look at all", lambda: _has_seen(canary, 4_000))
    assert canary.weight == 50
    canary.let_pass(timedelta(minutes=90))
    canary.answer(400)

    ended = canary.wait_for_the_end()
    assert (ended.status, ended.job and ended.job.ending) == ("SUCCEEDED", Ending.ROLLED_BACK)
    assert "labelled_quality" in canary.record.rolled_back[0].reason
    assert canary.champion == "1"


def _has_seen(canary: Canary, requests: int) -> bool:
    evidence = canary.world.ledger.evidence(canary.model)
    return evidence is not None and evidence.counts.champion.requests + evidence.counts.challenger.requests >= requests


def _is_held(canary: Canary) -> bool:
    evidence = canary.world.ledger.evidence(canary.model)
    return evidence is not None and evidence.held_since is not None


def test_a_person_who_moves_the_alias_wins(world: World) -> None:
    canary = Canary(world)
    canary.wait_for_weight(10)
    world.registry.set_champion(canary.model, "2")

    ended = canary.wait_for_the_end()
    assert (canary.champion, world.registry.champion(canary.model)) == ("2", "2")
    assert world.ledger.lines(canary.model, 1)[0].change == "adopted"
    assert ended.job is not None
    assert ended.job.status.is_terminal
    assert world.is_free(canary.model)


def test_a_person_takes_a_canary_back_by_command(world: World) -> None:
    canary = Canary(world)
    canary.wait_for_weight(10)
    told = world.run_command("rollback", canary.model, "--reason", "customers complain", "--actor", "ada")
    assert told.returncode in (0, 1), told.stderr
    assert "taken back: 2" in told.stdout

    ended = canary.wait_for_the_end()
    assert (ended.status, ended.job and ended.job.ending) == ("SUCCEEDED", Ending.ROLLED_BACK)
    assert canary.champion == "1"


def test_an_execution_that_is_aborted_leaves_the_champion_alone(world: World) -> None:
    canary = Canary(world)
    canary.wait_for_weight(10)
    world.abort(canary.arn)

    ended = canary.wait_for_the_end()
    assert ended.job is not None
    assert ended.job.ending is Ending.ROLLED_BACK
    assert (canary.champion, world.registry.champion(canary.model)) == ("1", "1")
    assert world.is_free(canary.model)
