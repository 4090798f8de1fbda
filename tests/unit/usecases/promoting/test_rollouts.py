"""A rollout goes one action at a time, a person comes first, and whatever ends its execution takes it back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import yaml

from auto_retrain.domain.analysis import Analysis
from auto_retrain.domain.ending import Ending
from auto_retrain.domain.errors import (
    DataUnavailable,
    PromotionRefused,
    RegistryRefused,
    RegistryUnavailable,
    TrafficNotReady,
    TransientError,
)
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.rollout import RolledBack, Rollout
from auto_retrain.domain.serving import ServingRecord
from auto_retrain.pipeline import AutoRetrainPipeline
from auto_retrain.usecases.data.kept_files import keep_files
from auto_retrain.usecases.promoting.deploy_model import LONGEST_EXECUTION
from auto_retrain.usecases.rolling_out.intervene import abort, pause, promote, resume
from local.paths import ROOT
from tests.unit.announced import announced
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.rollout_stages import (
    CANARY,
    SHADOW,
    at_first_weight,
    at_last_weight,
    looked,
    serving,
    shadowing,
    unhealthy,
    validated,
)
from tests.unit.usecases.world import World, rows


def weights(world: World) -> dict[str, float]:
    return dict(world.ports.weights.routes["churn"].weights)


def rollout_page(world: World, job_id: str) -> str:
    page: bytes = world.ports.data.read(f"s3://artifacts/jobs/{job_id}/rollout.html", 1 << 20)
    return page.decode()


def test_a_canary_is_promoted_in_its_steps_and_its_job_with_it() -> None:
    world, job_id = validated()
    seen = []
    for _ in range(3):
        seen.append((world.deploy(job_id).next, weights(world), world.ports.registry.champion("churn")))
        if serving(world).rollout:
            looked(world, Analysis())
    assert seen == [
        ("bake", {"1": 95, "2": 5}, "1"),
        ("bake", {"1": 75, "2": 25}, "1"),
        ("promoted", {"2": 100}, "2"),
    ]
    assert world.deploy(job_id).next == "promoted"
    assert world.close(decision={"job_id": job_id}).ending is Ending.PROMOTED


def test_the_page_about_a_rollout_is_there_while_it_is_under_way_and_tells_how_it_ended() -> None:
    world, job_id = validated()
    shown = []
    for _ in range(3):
        world.deploy(job_id)
        page = rollout_page(world, job_id)
        shown.append((page.count("<td>25 %"), "churn: under way" in page, "churn: promoted" in page))
        if serving(world).rollout:
            looked(world, Analysis())
    assert shown == [(0, True, False), (1, True, False), (1, False, True)]


def test_a_page_that_cannot_be_stored_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    world, job_id = validated()

    def away(*_: object) -> str:
        raise DataUnavailable("S3 did not answer")

    monkeypatch.setattr(world.ports.data, "write", away)
    assert world.deploy(job_id).next == "bake"
    assert weights(world) == {"1": 95, "2": 5}


def test_a_step_that_still_bakes_is_left_alone() -> None:
    world, job_id = validated()
    world.deploy(job_id)
    before = serving(world)
    assert world.deploy(job_id).next == "bake"
    assert serving(world) == before


def test_a_shadow_gets_copies_and_answers_nobody() -> None:
    world, job_id = shadowing()
    assert world.deploy(job_id).next == "bake"
    route = world.ports.weights.routes["churn"]
    assert (dict(route.weights), dict(route.mirrors)) == ({"1": 100}, {"2": 100})


def test_a_model_without_a_champion_gets_its_challenger_at_once() -> None:
    world = World(a_policy(deployment=CANARY, triggers={"evaluation_window_days": 5, "training_window_days": 10}))
    job_id = world.scored_job(rows(500, 0.95))
    world.validate(job_id)
    assert world.deploy(job_id).next == "promoted"
    assert weights(world) == {"2": 100}


def test_an_unhealthy_challenger_is_taken_back_while_mlflow_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    world, job_id = unhealthy()

    def away(*_: str) -> str:
        raise RegistryUnavailable("MLflow did not answer")

    for call in ("champion", "version_tags", "version_files"):
        monkeypatch.setattr(world.ports.registry, call, away)
    assert world.deploy(job_id).next == "rolled_back"
    assert weights(world) == {"1": 100}
    assert world.deploy(job_id).next == "rolled_back"
    ended = world.close(decision={"job_id": job_id})
    assert (ended.next, ended.ending, ended.reason) == (
        "succeed",
        Ending.ROLLED_BACK,
        "churn version 2 was not promoted, its rollout was ended: errors",
    )
    kinds = [event.topic for event in announced(world.ports)]
    assert kinds == ["job_opened", "version_taken_back", "job_rolled_back"]


def test_a_pause_holds_and_a_promotion_by_a_person_needs_no_proof() -> None:
    world, job_id = at_first_weight()
    pause("churn", "ada", "campaign", world.ports)
    assert world.deploy(job_id).next == "bake"
    assert weights(world) == {"1": 95, "2": 5}
    promote("churn", "ada", "the board wants it", world.ports)
    assert world.deploy(job_id).next == "promoted"
    line = world.ports.ledger.lines("churn", 1)[0]
    assert (line.change, line.actor, line.reason) == ("promoted", "ada", "the board wants it")


@pytest.mark.parametrize("then", [resume, promote])
def test_a_rollout_goes_on_after_a_pause_of_weeks(then: Callable[..., Any]) -> None:
    """Neither has its lease expired, nor is it behind its plan for want of data."""
    world, job_id = at_first_weight()
    pause("churn", "ada", "campaign", world.ports)
    world.ports.clock.advance(timedelta(days=45))
    then("churn", "ada", "the campaign is over", world.ports)
    looked(world, Analysis())
    assert world.deploy(job_id).next == ("bake" if then is resume else "promoted")
    assert weights(world) == ({"1": 75, "2": 25} if then is resume else {"2": 100})
    assert world.deploy(job_id).next != "rolled_back"


def test_no_execution_outlives_the_lease_of_its_rollout() -> None:
    definition = yaml.safe_load((ROOT / "statemachine/retraining.asl.yaml").read_text())
    assert timedelta(seconds=definition["TimeoutSeconds"]) <= LONGEST_EXECUTION


def test_a_rollout_of_another_job_is_not_replaced() -> None:
    world, job_id = validated()
    other = serving_beside(world)
    with pytest.raises(PromotionRefused, match="a rollout of job 'churn-other' is under way"):
        world.deploy(job_id)
    assert serving(world) == other


def serving_beside(world: World) -> ServingRecord:
    """Version 7 of another job, whose lease was lost, answers some requests."""
    now, ledger = world.ports.clock.now(), world.ports.ledger
    before = ledger.write(ledger.serving("churn").adopted(ModelVersion(number="1"), "it served", now))
    rollout = Rollout(
        job_id="churn-other",
        challenger=ModelVersion(number="7"),
        deployment=world.policy.deployment,
        policy_version=1,
        started_at=now,
        since=now,
        weight=5,
    )
    return ledger.write(before.rolling_out(rollout, "auto-retrain", "it passed every gate", now))


def test_a_promotion_by_a_person_still_needs_the_validated_files() -> None:
    world, job_id = at_first_weight()
    promote("churn", "ada", "the board wants it", world.ports)
    world.ports.registry.write_file("churn", "2", "MLmodel", b"something else")
    with pytest.raises(PromotionRefused, match="not what was registered"):
        world.deploy(job_id)
    assert weights(world) == {"1": 95, "2": 5}


def test_a_rollout_that_a_person_aborted_is_over_for_its_execution() -> None:
    world, job_id = at_last_weight()
    abort("churn", "ada", "customers complain", world.ports)
    assert world.deploy(job_id).next == "rolled_back"
    assert world.close(decision={"job_id": job_id}).reason.endswith("customers complain")


@pytest.mark.parametrize("error", ["States.HeartbeatTimeout", "PromotionRefused"])
def test_an_execution_that_fails_takes_its_challenger_back(error: str) -> None:
    world, job_id = at_last_weight()
    ended = world.close(decision={"job_id": job_id}, error={"Error": error, "Cause": "it broke"})
    assert (ended.next, ended.ending, weights(world)) == ("fail", Ending.ROLLED_BACK, {"1": 100})
    assert serving(world).is_rolled_back("2")
    assert world.job(job_id).error == f"{error}: it broke"
    assert world.ports.states.get("churn").active_job is None


def test_an_execution_that_fails_takes_its_challenger_back_although_the_target_is_away() -> None:
    world, job_id = at_last_weight()
    world.ports.weights.unavailable = True
    world.close(decision={"job_id": job_id}, error={"Error": "States.Timeout", "Cause": ""})
    assert serving(world).rollout is None
    assert serving(world).is_open
    assert world.job(job_id).ending is Ending.ROLLED_BACK


def test_a_version_that_was_taken_back_is_not_offered_again() -> None:
    world, job_id = validated()
    taken_back = RolledBack(version="2", reason="it was wrong", at=NOON)
    world.ports.ledger.note(serving(world).changed(rolled_back=(taken_back,)))
    with pytest.raises(PromotionRefused, match="version 2 of 'churn' was rolled back"):
        world.deploy(job_id)


def break_champion(world: World, job_id: str) -> None:
    """The digest of the champion is known, and its files have changed since."""
    job = world.job(job_id)
    assert job.champion is not None
    files = job.champion.files.changed(artifact_sha256=world.digest("1"))
    world.ports.jobs.save(job.compared_with(job.champion.changed(files=files)))
    world.ports.registry.write_file("churn", "1", "MLmodel", b"something else")


AT_ONCE: dict[str, object] = {"strategy": "all_at_once"}


@pytest.mark.parametrize("deployment", [CANARY, SHADOW, AT_ONCE], ids=lambda deployment: deployment["strategy"])
def test_without_a_way_back_nothing_is_written_and_the_job_says_what_to_do(deployment: dict[str, object]) -> None:
    world, job_id = validated(deployment)
    break_champion(world, job_id)
    message = (
        "there is no way back: version 1 of 'churn' is not what was registered; .*; restore the files, or promote "
        "without a way back by deployment.needs_way_back = false, and retrain"
    )
    with pytest.raises(PromotionRefused, match=message):
        world.deploy(job_id)
    assert serving(world).sequence == 0


def test_the_refusal_names_the_copy_that_is_kept_of_the_files() -> None:
    world, job_id = validated()
    job = world.job(job_id)
    keep_files(job, world.ports)  # there is no champion in the record yet, so nothing is copied
    world.ports.ledger.write(serving(world).adopted(ModelVersion(number="1"), "it served", world.ports.clock.now()))
    keep_files(job, world.ports)
    world.ports.registry.delete_files("churn", "1")
    copy = "a copy of its files is kept at s3://artifacts/versions/churn/1/files/"
    with pytest.raises(PromotionRefused, match=f"version 1 of 'churn' has no files; {copy}"):
        world.deploy(job_id)


def test_a_champion_that_is_not_in_the_registry_any_more_is_no_way_back() -> None:
    world, job_id = validated()
    tags = world.ports.registry.version_tags
    world.ports.registry.version_tags = (  # type: ignore[method-assign]
        lambda name, number: None if number == "1" else tags(name, number)
    )
    with pytest.raises(PromotionRefused, match="there is no way back: 'churn' has no version 1 any more"):
        world.deploy(job_id)


@pytest.mark.parametrize("deployment", [CANARY, AT_ONCE], ids=lambda deployment: deployment["strategy"])
def test_a_policy_may_go_without_a_way_back_and_the_ledger_says_so(deployment: dict[str, object]) -> None:
    world, job_id = validated({**deployment, "needs_way_back": False})
    break_champion(world, job_id)
    world.deploy(job_id)
    assert "there is no way back: version 1 of 'churn'" in world.ports.ledger.lines("churn", 1)[0].reason


def test_a_champion_whose_files_nobody_can_look_at_locks_nothing_in() -> None:
    """As one that was registered from somewhere else than MLflow's own store: they are unknown, not missing."""
    world, job_id = validated()
    read_files = world.ports.registry.version_files

    def refuse(name: str, number: str) -> object:
        if number == "1":
            raise RegistryRefused("version 1 of 'churn' is not a logged model of this MLflow")
        return read_files(name, number)

    world.ports.registry.version_files = refuse  # type: ignore[method-assign, assignment]
    assert world.deploy(job_id).next == "bake"


NO_SERVICE = "there is no Service 'churn-v2'"


@pytest.mark.parametrize("deployment", [CANARY, SHADOW, {**CANARY, "strategy": "all_at_once"}])
def test_a_version_that_cannot_answer_yet_is_waited_for_and_nothing_is_written(deployment: dict[str, Any]) -> None:
    deployment = {name: value for name, value in deployment.items() if name in ("strategy", "traffic")}
    world, job_id = validated(deployment)
    world.ports.weights.refuses = NO_SERVICE
    for _ in range(3):
        with pytest.raises(TrafficNotReady, match=f"{NO_SERVICE}. Nothing was changed"):
            world.deploy(job_id)
    assert (serving(world).sequence, weights(world)) == (0, {"1": 100})
    world.ports.weights.refuses = ""
    world.deploy(job_id)
    assert serving(world).sequence == 2


def test_a_version_that_never_could_answer_is_not_to_blame_and_its_job_says_what_to_do() -> None:
    world, job_id = validated()
    world.ports.weights.refuses = NO_SERVICE
    with pytest.raises(TransientError) as caught:
        world.deploy(job_id)
    error = {"Error": "TransientError", "Cause": f"{type(caught.value).__name__}: {caught.value}"}
    ended = world.close(decision={"job_id": job_id}, error=error)
    assert (ended.ending, serving(world).rolled_back) == (Ending.FAILED, ())
    assert ended.reason.endswith(
        f"{NO_SERVICE}. Nothing was changed. If this lasts, mend it, then retrain: auto-retrain retrain churn"
    )


def test_a_target_that_does_not_answer_is_waited_for_before_anything_is_written() -> None:
    world, job_id = validated()
    world.ports.weights.unavailable = True
    with pytest.raises(TrafficNotReady, match="does not answer"):
        world.deploy(job_id)
    assert serving(world).sequence == 0


def test_a_target_that_loses_the_challenger_keeps_it_from_getting_more() -> None:
    world, job_id = at_first_weight()
    before = serving(world)
    world.ports.weights.refuses = NO_SERVICE
    with pytest.raises(TrafficNotReady):
        world.deploy(job_id)
    assert serving(world) == before
    world.ports.weights.refuses = ""
    world.deploy(job_id)
    assert weights(world) == {"1": 75, "2": 25}


def test_a_rollout_extends_the_lease_beyond_its_execution() -> None:
    world, job_id = validated()
    world.deploy(job_id)
    assert world.ports.states.get("churn").lease_expires_at == world.ports.clock.now() + LONGEST_EXECUTION


def test_deploy_if_better_does_not_offer_again_what_was_taken_back() -> None:
    world, job_id = at_last_weight()
    abort("churn", "ada", "customers complain", world.ports)
    assert not AutoRetrainPipeline(world.ports).deploy_if_better("churn", job_id, min_improvement=0.01)


def test_deploy_if_better_begins_the_rollout_and_says_that_it_does_not_serve_yet() -> None:
    world, job_id = validated()
    pipeline = AutoRetrainPipeline(world.ports)
    assert not pipeline.deploy_if_better("churn", job_id, min_improvement=0.01)
    assert weights(world) == {"1": 95, "2": 5}
    assert not pipeline.deploy_if_better("churn", job_id, min_improvement=0.01)
    assert weights(world) == {"1": 95, "2": 5}
