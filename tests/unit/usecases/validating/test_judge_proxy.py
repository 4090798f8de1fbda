"""A proxy refuses a training that could not help, lets through one that could, and never holds a model for long."""

from datetime import timedelta
from typing import Any

import pytest

from auto_retrain.domain.ending import Ending
from auto_retrain.domain.receipt import transitions_of
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.domain.verdict import Outcome
from auto_retrain.usecases.looks import count_looks
from auto_retrain.usecases.validating.proxy_check import replay_proxy
from tests.unit.announced import escalated
from tests.unit.builders import NOON
from tests.unit.usecases.validating.proxy_world import ProxyWorld, answers

DAY = timedelta(days=1)
PERFORMANCE = TriggerType.PERFORMANCE_DEGRADATION


@pytest.fixture
def world() -> ProxyWorld:
    world = ProxyWorld()
    world.given_champion(0.9)
    return world


def triggered(world: ProxyWorld) -> str:
    job_id = world.triggered(NOON + 2 * DAY)
    assert job_id is not None
    world.planned(job_id)
    return job_id


def test_a_proxy_as_good_as_the_champion_refuses_the_training(world: ProxyWorld) -> None:
    job_id = triggered(world)
    outcome = world.proxied(job_id, champion=0.9, half=0.9, whole=0.9)
    assert outcome.next == "close"
    job = world.end(job_id)
    assert (job.ending, job.has_trained, job.last_step) == (Ending.SKIPPED, False, "proxy")
    assert job.summary().startswith("churn was not trained: a proxy trained on 5000 of 40000 rows has accuracy 0.")
    assert job.summary().endswith("other features, or a smaller validation.min_improvement")
    assert world.close(job.execution_arn, decision={"job_id": job_id}).next == "succeed"


def test_the_receipt_of_a_refused_training_has_the_cost_of_the_proxy_alone(world: ProxyWorld) -> None:
    job_id = triggered(world)
    world.proxied(job_id, champion=0.9, half=0.9, whole=0.9)
    job = world.end(job_id)
    assert set(job.usage.pods) == {"proxy"}
    assert job.usage.pods["proxy"].stored_bytes == 1000
    assert job.cost is not None
    assert not job.cost.unmeasured
    # The start, CheckTriggers to ChooseTraining, StartProxy to ChooseProxied, and CloseJob to Closed.
    assert transitions_of(job) == 11


def test_a_proxy_that_beats_the_champion_lets_the_training_through(world: ProxyWorld) -> None:
    job_id = triggered(world)
    assert world.proxied(job_id, champion=0.8, half=0.89, whole=0.91).next == "train"
    job = world.job(job_id)
    assert job.proxy is not None
    assert job.proxy.verdict is not None
    assert (job.proxy.verdict.outcome, job.skipped) == (Outcome.MET, None)
    world.start(job_id, "train")
    world.train(job_id, "2")
    world.start(job_id, "score")
    assert world.job(job_id).challenger_version == "2"


def test_a_proxy_that_still_learns_lets_the_training_through(world: ProxyWorld) -> None:
    job_id = triggered(world)
    assert world.proxied(job_id, champion=0.9, half=0.86, whole=0.89).next == "train"


def test_judging_again_says_the_same_and_records_one_fact(world: ProxyWorld) -> None:
    job_id = triggered(world)
    first = world.proxied(job_id, champion=0.9, half=0.9, whole=0.9)
    assert world.judge(job_id) == first
    assert [event.kind for event in world.ports.events.published].count("proxy_judged") == 1


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"versions": {}}, "were ordered"),
        ({"predictions": {}}, "there is no champion that it could be compared with"),
        ({"proxies": []}, "result document"),
        ({"manifest_sha256": "0" * 64}, "is about the manifest"),
    ],
)
def test_a_result_that_cannot_be_believed_refuses_nothing(
    world: ProxyWorld, changes: dict[str, Any], problem: str
) -> None:
    job_id = triggered(world)
    outcome = world.proxied(job_id, champion=0.9, half=0.9, whole=0.9, **changes)
    assert outcome.next == "train"
    assert outcome.reason.startswith("the proxy shows nothing, so the job trains: ")
    assert problem in outcome.reason


def test_a_proxy_that_left_nothing_refuses_nothing_and_is_charged_for_as_long_as_it_was_waited_for(
    world: ProxyWorld,
) -> None:
    job_id = triggered(world)
    world.start(job_id, "proxy")
    world.ports.clock.advance(timedelta(minutes=7))
    assert world.judge(job_id).next == "train"
    assert world.job(job_id).usage.pods["proxy"].seconds == 420
    assert world.start(job_id, "train").kubernetes_job == f"{job_id}-train-1"


def test_a_job_whose_proxy_never_began_trains(world: ProxyWorld) -> None:
    job_id = triggered(world)
    assert world.judge(job_id).next == "train"
    world.start(job_id, "train")


def test_a_replay_gives_the_same_and_finds_what_was_changed(world: ProxyWorld) -> None:
    job_id = triggered(world)
    world.proxied(job_id, champion=0.9, half=0.9, whole=0.9)
    job = world.end(job_id)
    replay = replay_proxy(job, world.ports)
    assert replay is not None
    assert (replay.is_same, replay.has_same_words, replay.sealed.check_hash != "") == (True, True, True)
    assert job.proxy is not None
    forged = job.proxied(job.proxy.changed(refused=None, reason="trained"))
    changed = replay_proxy(forged, world.ports)
    assert changed is not None
    assert changed.differences == ("the record was changed after it was sealed",)


@pytest.mark.parametrize(
    ("proxy", "training_rows", "reason"),
    [
        ({}, 19_000, "training.proxy.rows are 26% of the training rows; at most 25% save anything"),
        ({"rows": 200}, 700, "training.proxy.rows are 29% of the training rows; at most 25% save anything"),
    ],
)
def test_a_sample_that_saves_nothing_is_not_trained_on(proxy: dict[str, Any], training_rows: int, reason: str) -> None:
    world = ProxyWorld(proxy)
    world.given_champion(0.9)
    job_id = world.triggered(NOON + 2 * DAY)
    assert job_id is not None
    check = world.planned(job_id, training_rows).data_check
    assert check is not None
    assert check.proxy is not None
    assert (check.proxy.share, check.proxy.reason) == (None, f"no proxy: {reason}")


def test_what_a_person_asks_for_needs_no_proxy(world: ProxyWorld) -> None:
    world.ports.clock.advance(2 * DAY)
    job_id = world.check({"model_name": "churn", "actor": "ada", "reason": "now", "force": True}, "arn:two").job_id
    assert job_id is not None
    check = world.planned(job_id).data_check
    assert check is not None
    assert check.proxy is not None
    assert (check.proxy.share, check.proxy.reason) == (
        None,
        "no proxy: the trigger 'manual' asks for a training only once",
    )


def test_without_a_champion_there_is_nothing_to_beat() -> None:
    world = ProxyWorld()
    job_id = world.triggered(NOON + 2 * DAY)
    assert job_id is not None
    check = world.planned(job_id).data_check
    assert check is not None
    assert check.proxy is not None
    assert check.proxy.reason == "no proxy: there is no champion to beat"


def live(world: ProxyWorld, days: int) -> list[str]:
    """How each job ended, looked at daily, while no training could help."""
    endings = []
    for day in range(2, days + 2):
        job_id = world.triggered(NOON + day * DAY)
        if job_id is None:
            continue
        plan = world.planned(job_id).data_check
        assert plan is not None
        assert plan.proxy is not None
        if plan.proxy.share and world.proxied(job_id, champion=0.9, half=0.9, whole=0.9).next == "close":
            endings.append("refused")
        else:
            world.start(job_id, "train")
            world.train(job_id, f"{day + 10}")
            world.start(job_id, "score")
            endings.append("trained")
            world.leave_scores(job_id, **{f"v{day + 10}": answers(0.9, day), "v1": answers(0.9, 1)})
            world.validate(job_id)
        world.end(job_id)
        world.jobs.append(world.job(job_id))
    return endings


def longest_run(endings: list[str]) -> int:
    text = "".join(ending[0] for ending in endings)
    return max(map(len, text.split("t")))


def test_in_a_year_without_hope_every_fourth_job_trains_and_the_owner_hears_of_it(world: ProxyWorld) -> None:
    endings = live(world, 365)
    assert longest_run(endings) == 3
    assert endings.count("trained") >= 10
    assert endings.count("refused") >= 3 * (endings.count("trained") - 1)
    reasons = {job.data_check.proxy.reason for job in world.jobs if job.data_check and not job.data_check.proxy.share}
    assert reasons == {"no proxy: 3 jobs in a row trained nothing (training.proxy.max_refusals = 3)"}
    told = [event.sentence for event in escalated(world.ports)]
    assert any("3 jobs in a row trained nothing although triggers call for" in sentence for sentence in told)
    # Nine refusals are none of them.
    assert next(each for each in told if "challengers" in each).startswith("churn: 3 challengers in a row were not")


def test_refusals_back_off_like_rejections(world: ProxyWorld) -> None:
    job_id = triggered(world)
    world.proxied(job_id, champion=0.9, half=0.9, whole=0.9)
    world.end(job_id)
    state = world.ports.states.get("churn")
    assert (state.rejections[PERFORMANCE].count, state.rejected_in_a_row) == (1, 0)
    assert world.triggered(NOON + 3 * DAY + timedelta(hours=1)) is None
    assert world.triggered(NOON + 4 * DAY + timedelta(hours=1)) is not None


def test_after_many_days_without_a_training_no_proxy_is_asked() -> None:
    world = ProxyWorld({"max_days": 5, "max_refusals": 10})
    world.given_champion(0.9)
    assert longest_run(live(world, 40)) < 4
    assert any(
        "(training.proxy.max_days)" in job.data_check.proxy.reason for job in world.jobs if job.data_check is not None
    )


def test_a_refusal_counts_as_a_comparison_that_shares_the_chance_to_err(world: ProxyWorld) -> None:
    job_id = triggered(world)
    world.proxied(job_id, champion=0.9, half=0.9, whole=0.9)
    world.end(job_id)
    later = world.triggered(NOON + 5 * DAY)
    assert later is not None
    world.planned(later)
    world.start(later, "proxy")
    refused = world.job(job_id).proxy
    assert refused is not None
    assert refused.inputs is not None
    job, rows = world.job(later), refused.inputs.holdout_sha256
    # The comparison that promoted the champion was on the same rows in this world.
    assert count_looks(job, rows, world.ports) == (3, 2)
    assert count_looks(job, "other", world.ports) == (1, 2)
