"""What one look says about a rollout, and what it keeps for the next."""

import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from auto_retrain.analysis import CHECKS, analyse
from auto_retrain.analysis.looks import MAX_LOOKS
from auto_retrain.domain.analysis import RolloutEvidence
from auto_retrain.domain.live import ArmCounts, LiveCounts, PairedCounts, PeriodCounts
from auto_retrain.domain.policy.analysis import AnalysisPolicy
from auto_retrain.domain.verdict import Outcome
from local.paths import ROOT
from tests.unit.analysis.rollouts import CANARY, DEFAULT, NOON, SHADOW, a_rollout, counts, look, verdict

NOTHING = LiveCounts()
START = counts({"requests": 90, "errors": 1}, {"requests": 10, "errors": 0})
BAD = counts(challenger={"errors": 60})
GOOD = counts({"requests": 90_000, "errors": 900}, {"requests": 10_000, "errors": 100})


def a_policy(**sections: Any) -> AnalysisPolicy:
    return AnalysisPolicy.model_validate(sections)


def labelled(champion: tuple[int, int], challenger: tuple[int, int], **more: Any) -> LiveCounts:
    """Counts whose labelled requests, and right answers, are given."""
    return counts(
        {"labelled": champion[0], "good": champion[1]}, {"labelled": challenger[0], "good": challenger[1]}, **more
    )


# Errors


def test_more_errors_beyond_chance_are_unhealthy() -> None:
    analysis = look(START, BAD).analysis
    numbers = "error_rate: 6 % of 1,000 requests failed, champion 1 % of 9,000: worse by 5 points; "
    assert str(analysis.unhealthy).startswith(f"{numbers}this is not due to chance (evidence ")
    assert analysis.missing is None


def test_too_few_requests_prove_nothing_and_the_sentence_says_what_they_could_have_shown() -> None:
    analysis = look(START, counts({"requests": 900, "errors": 9}, {"requests": 100, "errors": 1})).analysis
    assert analysis.unhealthy is None
    assert analysis.unproven == (
        "error_rate: 1 % of 100 requests failed, champion 1 % of 900: 100 of 500 planned requests so far; "
        "with this sample, a loss of 3.91 points would have been noticed"
    )


def test_the_planned_sample_proves_a_challenger_that_is_certainly_not_worse_by_the_margin() -> None:
    evidence = look(START, GOOD)
    assert evidence.analysis.unproven is None
    assert "worse by at most 0.364 points (less than 1 point allowed)" in verdict(evidence, "error_rate").reason


def test_a_sample_that_leaves_a_loss_of_the_margin_possible_proves_nothing() -> None:
    evidence = look(START, counts({"errors": 450}, {"errors": 52}))
    assert verdict(evidence, "error_rate").outcome is Outcome.INCONCLUSIVE
    assert "possibly worse by" in str(evidence.analysis.unproven)


def test_evidence_goes_on_over_steps_although_counts_begin_anew() -> None:
    first = look(START, counts(challenger={"errors": 20}))
    step = a_rollout(25, step=1)
    second = analyse(DEFAULT, step, first, counts({"requests": 300, "errors": 3}, {"requests": 100}), NOON)
    first_state, second_state = first.processes["error_rate"], second.processes["error_rate"]
    assert isinstance(first_state, dict)
    assert isinstance(second_state, dict)
    assert first_state["before"] == [9000, 90, 1000, 20]
    assert second_state["before"] == [9300, 93, 1100, 30]
    assert second.step == 1


def test_a_look_at_the_same_counts_changes_no_evidence() -> None:
    once, twice = look(START, BAD), look(START, BAD, BAD)
    assert once.processes == twice.processes


def test_the_sentences_in_the_documentation_are_those_that_people_get() -> None:
    page = " ".join((ROOT / "docs/analysis.md").read_text().split())
    few = counts({"requests": 900, "errors": 9}, {"requests": 100, "errors": 1})
    for seen in (BAD, GOOD, few):
        assert f"error_rate: {verdict(look(START, seen), 'error_rate').reason}" in page


def test_a_batch_a_day_is_judged_at_the_first_look() -> None:
    """A fifth of 250 answers failed, of the champion's one in 500; not all failed, so no guard sees it."""
    day = counts({"requests": 4750, "errors": 10}, {"requests": 250, "errors": 50})
    evidence = look(day, rollout=a_rollout(5))
    assert verdict(evidence, "guards").outcome is Outcome.MET
    assert "worse by 19.8 points" in str(evidence.analysis.unhealthy)


def test_requests_that_come_one_by_one_are_compared() -> None:
    """Each look sees one version only: every other answer of the challenger fails, and none of the champion."""
    steps = [(number // 2, number - number // 2) for number in range(1, 60)]
    seen = [counts({"requests": ours, "errors": 0}, {"requests": own, "errors": own // 2}) for ours, own in steps]
    evidence = look(*seen, rollout=a_rollout(50))
    assert verdict(evidence, "guards").outcome is Outcome.MET
    assert "this is not due to chance" in str(evidence.analysis.unhealthy)


def test_values_that_come_one_by_one_are_compared() -> None:
    policy = a_policy(business_metric={"enabled": True, "margin": 0.1}, labelled_quality={"enabled": False})

    def arm(rows: int, value: float) -> dict[str, Any]:
        squares = rows * value**2 + rows % 7
        return {"requests": rows, "errors": 0, "business": rows * value, "business_rows": rows} | {
            "business_squares": squares
        }

    steps = [(number // 2, number - number // 2) for number in range(1, 200)]
    seen = [counts(arm(ours, 2.0), arm(own, 1.0)) for ours, own in steps]
    assert verdict(look(*seen, policy=policy, rollout=a_rollout(50)), "business_metric").outcome is Outcome.UNMET


# The hard guard


def test_nothing_but_errors_is_unhealthy_at_the_first_look() -> None:
    analysis = look(counts({"requests": 190, "errors": 0}, {"requests": 20, "errors": 20})).analysis
    assert str(analysis.unhealthy).startswith("guards: all 20 requests of the challenger in this step failed")


def test_so_is_nothing_but_errors_since_the_last_look() -> None:
    after = counts({"requests": 9180}, {"requests": 1020, "errors": 30})
    guards = verdict(look(counts(), after), "guards")
    assert guards.reason == "all 20 requests of the challenger since the last look failed"


def test_a_fault_of_both_versions_is_no_reason_to_take_one_back() -> None:
    analysis = look(counts({"requests": 180, "errors": 180}, {"requests": 20, "errors": 20})).analysis
    assert analysis.unhealthy is None
    assert "and all of the champion" in str(analysis.unproven)


def test_fewer_requests_than_the_guard_needs_say_nothing() -> None:
    guards = verdict(look(counts({"requests": 171, "errors": 0}, {"requests": 19, "errors": 19})), "guards")
    assert (guards.outcome, guards.reason) == (Outcome.INCONCLUSIVE, "19 of 20 requests")


# What is missing


def test_a_challenger_without_any_request_is_missing() -> None:
    assert look(NOTHING).analysis.missing == "the challenger has had no requests since 2026-03-01 12:00"


def test_so_is_a_champion_to_compare_with() -> None:
    analysis = look(counts({"requests": 0, "errors": 0}, {"requests": 5, "errors": 0})).analysis
    assert analysis.missing == "the champion has had no requests since 2026-03-01 12:00"


def test_at_full_weight_no_champion_is_expected_and_nothing_is_proven() -> None:
    seen = counts({"requests": 0, "errors": 0})
    analysis = look(seen, rollout=a_rollout(100)).analysis
    assert analysis.missing is None
    assert analysis.unhealthy is None
    assert "there are no requests of both versions to compare" in str(analysis.unproven)


def test_silence_is_missing_after_an_hour() -> None:
    assert look(START, at=NOON + timedelta(minutes=59)).analysis.missing is None
    silent = look(START, at=NOON + timedelta(minutes=61)).analysis
    assert silent.missing == "there have been no requests since 2026-03-01 12:00"


def test_a_rollout_is_held_since_the_first_look_without_data() -> None:
    first = analyse(DEFAULT, CANARY, None, NOTHING, NOON)
    second = analyse(DEFAULT, CANARY, first, NOTHING, NOON + timedelta(minutes=1))
    assert second.held_since == NOON
    assert analyse(DEFAULT, CANARY, second, START, NOON + timedelta(minutes=2)).held_since is None
    new_step = analyse(DEFAULT, a_rollout(25, step=1), second, NOTHING, NOON + timedelta(minutes=3))
    assert new_step.held_since == NOON + timedelta(minutes=3)


# Looks that cannot be trusted

UNTRUSTED = {
    "another schema": (counts(problem="another schema"), "another schema"),
    "fewer requests": (counts({"requests": 80, "errors": 0}), "champion: requests went backwards from 90 to 80"),
    "fewer errors": (counts({"errors": 0}), "champion: errors went backwards from 1 to 0"),
    "more errors than requests": (
        counts(challenger={"requests": 15, "errors": 9}),
        "new for the challenger: 9 errors of 5 requests",
    ),
    "more right answers than labels": (labelled((9, 9), (3, 4)), "challenger: 4 good of 3 labelled"),
    "more labels than requests": (labelled((9001, 9), (3, 3)), "champion: 9,001 labelled of 9,000 requests"),
    "more equal answers than pairs": (counts(paired={"answered": 1, "equal": 2}), "new pairs: 2 equal of 1 answered"),
    "another split": (counts(challenger={"requests": 3000}), "the split is not as asked"),
    "labels of one arm": (
        counts({"mature": 9000, "labelled": 900, "good": 800}, {"mature": 1000, "labelled": 400, "good": 390}),
        "labels arrive differently",
    ),
}


@pytest.mark.parametrize(("seen", "reason"), UNTRUSTED.values(), ids=UNTRUSTED)
def test_a_look_that_cannot_be_trusted_is_missing_and_teaches_nothing(seen: LiveCounts, reason: str) -> None:
    before = look(START)
    after = analyse(DEFAULT, CANARY, before, seen, NOON)
    assert reason in str(after.analysis.missing)
    assert after.analysis.unhealthy is None
    assert after.analysis.superior is None
    assert after.analysis.verdicts[0].outcome is Outcome.ERROR
    assert (after.counts, after.processes) == (before.counts, before.processes)
    assert after.held_since == NOON


@pytest.mark.parametrize("untrusted", UNTRUSTED)
def test_the_next_look_takes_up_from_the_last_one_that_could_be_trusted(untrusted: str) -> None:
    assert look(START, UNTRUSTED[untrusted][0], GOOD).processes == look(START, GOOD).processes


def test_a_guard_ends_a_rollout_also_when_the_split_is_not_as_asked() -> None:
    broken = counts(challenger={"requests": 3000, "errors": 3000})
    analysis = look(broken).analysis
    assert "the split is not as asked" in str(analysis.missing)
    assert "failed" in str(analysis.unhealthy)


def test_evidence_of_a_look_that_nobody_could_judge_is_not_counted_twice() -> None:
    failed = look(START).changed(counts=LiveCounts.unknown("the analysis failed"))
    after = analyse(DEFAULT, CANARY, failed, counts(), NOON)
    assert after.processes["error_rate"] == failed.processes["error_rate"]
    assert after.counts == counts()


def test_a_bandit_that_changes_weights_within_a_step_is_judged_by_each_of_them() -> None:
    first = look(counts({"requests": 900, "errors": 9}, {"requests": 100, "errors": 1}))
    moved = counts({"requests": 1400, "errors": 14}, {"requests": 600, "errors": 6})
    assert analyse(DEFAULT, a_rollout(50), first, moved, NOON).analysis.missing is None
    assert "asked 10 %" in str(analyse(DEFAULT, CANARY, first, moved, NOON).analysis.missing)


def test_a_shadow_has_no_split() -> None:
    seen = counts({"requests": 1000, "errors": 10})
    assert not [each for each in look(seen, rollout=SHADOW).analysis.verdicts if each.check == "sample_ratio"]


# Labels


def test_without_labels_errors_prove_unless_labels_are_required() -> None:
    assert look(START, GOOD).analysis.unproven is None
    required = a_policy(labelled_quality={"required": True})
    assert look(START, GOOD, policy=required).analysis.unproven == "labelled_quality: no label has arrived yet"


def test_labels_that_are_due_and_do_not_come_are_told_of_and_hold_nothing_back() -> None:
    served, ours = {"requests": 90_000, "errors": 900}, {"requests": 10_000, "errors": 100}
    due = counts({**served, "mature": 4500}, {**ours, "mature": 500})
    evidence = look(START, due)
    told = verdict(evidence, "labelled_quality")
    assert told.reason.startswith("500 answers of the challenger are old enough for a label, and none has arrived: ")
    assert (told.outcome, told.observed_only) == (Outcome.INCONCLUSIVE, True)
    assert evidence.analysis.unproven is None
    shadow = look(counts({}, {"requests": 0, "errors": 0}, copies=ArmCounts(requests=900, mature=600)), rollout=SHADOW)
    assert verdict(shadow, "labelled_quality").reason.startswith("600 answers of the challenger are old enough")
    few = counts(challenger={"mature": 499})
    assert "labelled_quality" not in [each.check for each in look(START, few).analysis.verdicts]


@pytest.mark.parametrize(
    ("label_rows", "blamed", "spared"),
    [
        (700, "700 labels lie in the days of this step, but with other ids; see .*label_key", "other days"),
        (0, "no label lies in the days of this step; see .* other days than those on which they arrive", "label_key"),
    ],
)
def test_ids_are_blamed_only_where_labels_lie_in_the_days_of_the_step(
    label_rows: int, blamed: str, spared: str
) -> None:
    due = counts({"requests": 9000, "mature": 4500}, {"requests": 1000, "mature": 500}).changed(label_rows=label_rows)
    reason = verdict(look(due), "labelled_quality").reason
    assert re.search(blamed, reason)
    assert spared not in reason


def test_with_labels_they_have_to_prove_as_well() -> None:
    few = GOOD.changed(
        champion=GOOD.champion.changed(labelled=900, good=850),
        challenger=GOOD.challenger.changed(labelled=100, good=94),
    )
    assert "100 of 500 planned requests with a label so far" in str(look(START, few).analysis.unproven)


def test_worse_answers_are_unhealthy() -> None:
    seen = labelled((4500, 4050), (500, 380)), labelled((9000, 8100), (1000, 760))
    assert "labelled_quality: 76 % of 1,000 answers are right, champion 90 % of 9,000" in str(
        look(*seen).analysis.unhealthy
    )


def test_better_answers_are_superior() -> None:
    seen = labelled((4500, 3600), (500, 470)), labelled((9000, 7200), (1000, 940))
    assert "the gain is not due to chance" in str(look(*seen).analysis.superior)
    assert look(*seen).analysis.rewards == ((7200, 9000), (940, 1000))


def test_without_labels_fewer_errors_are() -> None:
    seen = counts({"errors": 900}, {"errors": 5})
    analysis = look(START, seen).analysis
    assert "error_rate" not in str(analysis.unhealthy)
    assert "0.5 % of 1,000 requests failed" in str(analysis.superior)
    assert analysis.rewards == ((8100, 9000), (995, 1000))


def test_fewer_errors_are_not_enough_where_labels_are_required() -> None:
    policy = AnalysisPolicy.model_validate({"labelled_quality": {"required": True}})
    assert look(START, counts({"errors": 900}, {"errors": 5}), policy=policy).analysis.superior is None


def test_a_challenger_that_is_as_good_is_not_superior() -> None:
    assert look(START, GOOD).analysis.superior is None


def losses(champion: float, challenger: float, rows: tuple[int, int] = (9000, 1000)) -> LiveCounts:
    """Losses with these means and a standard deviation of 1."""
    arms = [
        {"labelled": number, "loss": number * mean, "loss_squares": number * (mean**2 + 1)}
        for number, mean in zip(rows, (champion, challenger), strict=True)
    ]
    return counts(*arms)


def test_a_loss_is_judged_by_its_mean() -> None:
    assert "mean loss 2.5000, champion 2.0000: worse by 0.5000" in str(look(losses(2.0, 2.5)).analysis.unhealthy)
    assert "mean loss 1.5000" in str(look(losses(2.0, 1.5)).analysis.superior)
    assert look(losses(2.0, 2.0)).analysis.unhealthy is None


def test_the_margin_of_a_loss_is_a_share_of_the_champions() -> None:
    quality = verdict(look(losses(200.0, 200.0)), "labelled_quality")
    assert (quality.outcome, quality.limit) == (Outcome.MET, 10.0)
    copies = ArmCounts(requests=1000, labelled=1000, loss=300_000.0, loss_squares=9.1e7)
    paired = {"answered": 1000, "labelled": 1000, "gain": -100_000.0, "gain_squares": 1.1e7}
    shadow = counts({"requests": 1000, "errors": 10}, {"requests": 0, "errors": 0}, paired).changed(copies=copies)
    assert verdict(look(shadow, rollout=SHADOW), "labelled_quality").limit == 10.0


def test_a_few_losses_are_not_judged() -> None:
    assert "too few labelled requests" in verdict(look(losses(2.0, 9.0, (261, 29))), "labelled_quality").reason
    assert not verdict(look(labelled((9000, 0), (1000, 0))), "labelled_quality").met


def test_labels_that_cannot_be_read_stop_their_own_check_alone() -> None:
    before = look(START, labelled((900, 810), (100, 90)))
    unreadable = counts({"requests": 9100, "errors": 95}, label_problem="labels have no column id")
    after = analyse(DEFAULT, CANARY, before, unreadable, NOON)
    assert after.analysis.missing is None
    assert "labelled_quality: labels have no column id" in str(after.analysis.unproven)
    assert (after.counts.champion.labelled, after.counts.champion.errors) == (900, 95)
    assert after.processes["labelled_quality"] == before.processes["labelled_quality"]
    readable = after.counts.changed(champion=after.counts.champion.changed(good=820, labelled=910), label_problem=None)
    again = analyse(DEFAULT, CANARY, after, readable, NOON)
    assert "labels have" not in str(again.analysis.unproven)


def test_requests_of_one_entity_count_together_as_one() -> None:
    entities = {"entities": 10}, {"entities": 1}
    first = counts({"requests": 90, "errors": 1, **entities[0]}, {"requests": 10, "errors": 0, **entities[1]})
    second = counts({"entities": 900}, {"errors": 40, "entities": 100})
    alone, together = look(START, counts(challenger={"errors": 40})), look(first, second)
    assert alone.looks[-1].values["error_rate_evidence"] > 1000
    assert 1 < together.looks[-1].values["error_rate_evidence"] < 20
    wide, narrow = (verdict(each, "error_rate").interval for each in (together, alone))
    assert wide is not None
    assert narrow is not None
    assert wide[1] - wide[0] > 2 * (narrow[1] - narrow[0])


def test_a_heavy_customer_counts_as_a_few_requests_and_an_unknown_size_as_that_of_the_others() -> None:
    """Half of the challenger's requests are of one customer, and all of them fail."""
    sizes = {"requests": 1000, "entities": 501}
    seen = counts({"entities": 9000}, {**sizes, "entity_squares": 500**2 + 500, "errors": 505})
    assert look(seen, rollout=a_rollout(5)).looks[-1].values["error_rate_evidence"] < 20
    evenly = counts({"entities": 9000}, {**sizes, "errors": 505})
    assert look(evenly, rollout=a_rollout(5)).looks[-1].values["error_rate_evidence"] > 20


def of_customers(customers: int, requests_each: int, failing: int, new: int = 0) -> dict[str, Any]:
    """So many of the customers fail in all of their requests; new ones, half of which fail, have a request each."""
    return {
        "requests": customers * requests_each + new,
        "errors": failing * requests_each + new // 2,
        "entities": customers + new,
        "entity_squares": customers * requests_each**2 + new,
    }


def test_customers_who_return_add_nothing_new_and_new_ones_beside_them_do() -> None:
    once = counts(of_customers(90, 1, 9), of_customers(10, 1, 4))
    often = counts(of_customers(90, 9, 9), of_customers(10, 9, 4))
    more = counts(of_customers(90, 9, 9, new=900), of_customers(10, 9, 4, new=100))
    evidence = [look(*seen).looks[-1].values["error_rate_evidence"] for seen in ((once,), (once, often), (once, more))]
    assert evidence[0] == evidence[1] != evidence[2]


def test_the_split_is_one_of_entities_where_they_are_known() -> None:
    """A customer with many requests is no sign of a wrong split."""
    busy = counts({"entities": 900}, {"requests": 3000, "entities": 100})
    assert look(busy).analysis.missing is None
    assert "13.2 % of 1,037 entities, asked 10 %" in str(
        look(counts({"entities": 900}, {"entities": 137})).analysis.missing
    )


# Copies of requests


def a_shadow(only_champion: int, only_challenger: int, rows: int = 1000, **paired: Any) -> LiveCounts:
    both = rows - only_champion - only_challenger
    pairs = {"both_right": both, "only_champion_right": only_champion, "only_challenger_right": only_challenger}
    return counts({"requests": 1000, "errors": 10}, paired={"answered": rows, **pairs, **paired})


@pytest.mark.parametrize(("pairs", "field"), [((80, 20), "unhealthy"), ((20, 80), "superior"), ((52, 48), None)])
def test_pairs_are_judged_by_those_that_only_one_answers_right(pairs: tuple[int, int], field: str | None) -> None:
    analysis = look(a_shadow(*pairs), rollout=SHADOW).analysis
    assert {name for name in ("unhealthy", "superior") if getattr(analysis, name)} == ({field} if field else set())


def test_pairs_with_few_differences_prove() -> None:
    quality = verdict(look(a_shadow(3, 4), rollout=SHADOW), "labelled_quality")
    assert quality.outcome is Outcome.MET
    assert quality.reason.startswith("99.7 % of 1,000 pairs are right, champion 99.6 % of 1,000: worse by at most")


@pytest.mark.parametrize(("equal", "outcome"), [(960, Outcome.MET), (905, Outcome.INCONCLUSIVE), (800, Outcome.UNMET)])
def test_agreement_is_judged_where_requests_are_copied(equal: int, outcome: Outcome) -> None:
    policy = a_policy(agreement={"enabled": True})
    seen = counts({"requests": 1000, "errors": 10}, paired={"answered": 1000, "equal": equal})
    agreement = verdict(look(seen, policy=policy, rollout=SHADOW), "agreement")
    assert agreement.outcome is outcome
    assert agreement.value == equal / 1000
    assert not [each for each in look(seen, policy=policy).analysis.verdicts if each.check == "agreement"]


# Proxies


def test_a_business_metric_may_hold_or_roll_back() -> None:
    policy = a_policy(business_metric={"enabled": True, "margin": 0.5})

    def earned(champion: float, challenger: float) -> LiveCounts:
        arms = [
            {"business_rows": rows, "business": rows * mean, "business_squares": rows * (mean**2 + 4)}
            for rows, mean in ((9000, champion), (1000, challenger))
        ]
        return counts(*arms)

    assert "business_metric: mean 9.0000, champion 10.0000" in str(
        look(earned(10, 9), policy=policy).analysis.unhealthy
    )
    assert verdict(look(earned(10, 10), policy=policy), "business_metric").met
    less = a_policy(business_metric={"enabled": True, "direction": "lower_is_better"})
    assert look(earned(10, 9), policy=less).analysis.unhealthy is None
    assert "too few values" in verdict(look(counts(), policy=policy), "business_metric").reason


def by_period(gain: float, periods: int = 60, independence: float = 1.0) -> LiveCounts:
    """Sums of a value, with periods whose gains differ by 1 from their mean."""
    return counts(
        *({"business_rows": rows, "business": 10.0 * rows} for rows in (9000, 1000)),
        by_period=PeriodCounts(
            periods=periods,
            gain=periods * gain,
            gain_squares=periods * (gain**2 + 1),
            independence=independence,
        ),
    )


def test_a_business_metric_that_only_has_sums_is_judged_by_periods() -> None:
    policy = a_policy(business_metric={"enabled": True, "margin": 0.5})
    worse = look(by_period(-2), policy=policy)
    assert "business_metric: 60 periods differ by -2.0000 on average" in str(worse.analysis.unhealthy)
    assert verdict(look(by_period(0), policy=policy), "business_metric").met
    assert verdict(look(by_period(2), policy=policy), "business_metric").met
    less = a_policy(business_metric={"enabled": True, "direction": "lower_is_better"})
    assert look(by_period(-2), policy=less).analysis.unhealthy is None


@pytest.mark.parametrize("seen", [by_period(-2, periods=29), by_period(-2, independence=0.4)], ids=["few", "alike"])
def test_few_periods_or_periods_that_are_alike_decide_nothing(seen: LiveCounts) -> None:
    evidence = look(seen, policy=a_policy(business_metric={"enabled": True}))
    assert "too little of how they vary" in verdict(evidence, "business_metric").reason
    assert evidence.analysis.unhealthy is None


def test_periods_that_were_merged_are_not_counted_twice() -> None:
    policy = a_policy(business_metric={"enabled": True, "margin": 0.5})
    minutes, tens, more = by_period(-0.1, 700), by_period(-0.1, 70), by_period(-0.1, 90)
    looks = [(minutes,), (minutes, tens), (minutes, tens, more)]
    evidence = [look(*each, policy=policy).looks[-1].values["business_metric_evidence"] for each in looks]
    assert 1 < evidence[0] == evidence[1] < evidence[2]


def test_other_scores_hold_and_never_roll_back() -> None:
    policy = a_policy(prediction_drift={"enabled": True})
    apart = counts({"scores": (900,) * 10}, {"scores": (1000, *[0] * 9)})
    drift = verdict(look(apart, policy=policy), "prediction_drift")
    assert (drift.outcome, drift.limit) == (Outcome.INCONCLUSIVE, 0.25)
    alike = counts({"scores": (900,) * 10}, {"scores": (100,) * 10})
    assert verdict(look(alike, policy=policy), "prediction_drift").met
    assert "0 of 500 scores" in verdict(look(counts(), policy=policy), "prediction_drift").reason


def test_proxies_alone_prove_nothing() -> None:
    policy = a_policy(error_rate={"observe_only": True}, prediction_drift={"enabled": True})
    alike = counts({"scores": (900,) * 10}, {"scores": (100,) * 10})
    assert look(alike, policy=policy).analysis.unproven == "nothing has been measured that can prove the challenger"


@pytest.mark.parametrize(
    ("buckets", "policy", "outcome", "words"),
    [
        ({46: 1000}, {}, Outcome.MET, "champion 88.2 ms"),
        ({52: 1000}, {}, Outcome.INCONCLUSIVE, "more than 1.5 times as long"),
        ({46: 900, 60: 100}, {"max_ms": 100}, Outcome.UNMET, "100 took longer than 100 ms"),
        ({46: 940, 60: 60}, {"max_ms": 100}, Outcome.INCONCLUSIVE, "may be more than 100 ms"),
        ({46: 1000}, {"max_ms": 100, "max_ratio": None}, Outcome.MET, "took at most 88.2 ms"),
        ({46: 199}, {}, Outcome.INCONCLUSIVE, "199 of 200 requests"),
        ({}, {"max_ms": 100}, Outcome.INCONCLUSIVE, "0 of 200 requests"),
    ],
)
def test_latency_rolls_back_only_beyond_its_absolute_limit(
    buckets: dict[int, int], policy: dict[str, Any], outcome: Outcome, words: str
) -> None:
    seen = counts({"latencies": {46: 9000}}, {"latencies": buckets})
    latency = verdict(look(seen, policy=a_policy(latency=policy)), "latency")
    assert latency.outcome is outcome
    assert words in latency.reason


def test_without_latencies_there_is_no_verdict_on_them() -> None:
    assert [each.check for each in look(counts()).analysis.verdicts] == ["guards", "error_rate", "sample_ratio"]


def test_a_ratio_needs_requests_of_the_champion() -> None:
    seen = counts({"latencies": {46: 10}}, {"latencies": {46: 1000}})
    assert "the champion has had too few requests" in verdict(look(seen), "latency").reason


# What counts


def test_what_is_only_observed_decides_nothing() -> None:
    policy = a_policy(error_rate={"observe_only": True})
    evidence = look(START, BAD, policy=policy)
    assert evidence.analysis.unhealthy is None
    observed = verdict(evidence, "error_rate")
    assert observed.observed_only
    assert observed.outcome is Outcome.UNMET


def test_several_tests_share_the_error_so_each_needs_more() -> None:
    """Between 20 and 40, a single test is enough by itself, and one of two is not."""
    seen = START, counts(challenger={"errors": 21})
    evidence = look(*seen).looks[-1].values["error_rate_evidence"]
    assert 20 < evidence < 39
    assert look(*seen).analysis.unhealthy is None
    alone = a_policy(labelled_quality={"enabled": False})
    assert look(*seen, policy=alone).analysis.unhealthy is not None


@pytest.mark.parametrize("off", [{"enabled": False}, {"observe_only": True}])
def test_something_has_to_be_able_to_prove(off: dict[str, bool]) -> None:
    with pytest.raises(ValidationError, match="error_rate or labelled_quality has to count"):
        a_policy(error_rate=off, labelled_quality=off)
    with pytest.raises(ValidationError, match="does not fit a check that is off"):
        a_policy(labelled_quality={"required": True, **off})


def test_every_check_has_a_section_in_the_policy() -> None:
    sections = {name for name in AnalysisPolicy.model_fields if name != "guard_requests"}
    assert {check.name for check in CHECKS} == sections


# Whatever comes


def test_looks_stay_few_and_keep_the_first_and_the_last() -> None:
    evidence = None
    for minute in range(1000):
        evidence = analyse(DEFAULT, CANARY, evidence, START, NOON + timedelta(minutes=minute))
        assert len(evidence.looks) <= MAX_LOOKS
    assert evidence is not None
    assert evidence.looks[0].at == NOON
    assert evidence.looks[-1].at == NOON + timedelta(minutes=999)


NUMBERS, PARTS = st.integers(0, 2000), st.integers(0, 200)
ARMS = st.builds(
    ArmCounts,
    requests=NUMBERS,
    errors=PARTS,
    labelled=PARTS,
    good=PARTS,
    loss=st.floats(0, 1e6),
    loss_squares=st.floats(0, 1e9),
    latencies=st.dictionaries(st.integers(-10, 200), st.integers(0, 500), max_size=4),
    scores=st.sampled_from([(), (0,) * 10, (10,) * 10, (1000, *[0] * 9)]),
    business=st.floats(-1e6, 1e6),
    business_squares=st.floats(0, 1e9),
    business_rows=PARTS,
)
PAIRS = st.builds(PairedCounts, **dict.fromkeys(PairedCounts.model_fields, PARTS))
PERIODS = st.builds(
    PeriodCounts,
    periods=PARTS,
    gain=st.floats(-1e6, 1e6),
    gain_squares=st.floats(0, 1e9),
    independence=st.floats(0.01, 1),
)
ANYTHING = st.builds(
    LiveCounts,
    champion=ARMS,
    challenger=ARMS,
    paired=PAIRS,
    by_period=PERIODS,
    newest_at=st.sampled_from([None, NOON]),
)
EVERYTHING = a_policy(
    **{name: {"enabled": True} for name in ("agreement", "business_metric", "prediction_drift")},
    latency={"max_ms": 100.0, "min_requests": 20},
)


@given(st.lists(ANYTHING, min_size=1, max_size=4), st.sampled_from([CANARY, SHADOW, a_rollout(100), a_rollout(1)]))
def test_whatever_is_counted_gives_evidence_that_can_be_stored(seen: list[LiveCounts], rollout: Any) -> None:
    evidence = None
    for each in seen:
        evidence = analyse(EVERYTHING, rollout, evidence, each, NOON)
        stored = RolloutEvidence.model_validate_json(evidence.model_dump_json())
        assert stored == evidence
        evidence = stored
        analysis = stored.analysis
        has_error = any(verdict.outcome is Outcome.ERROR for verdict in analysis.verdicts)
        assert not has_error or (analysis.missing and analysis.superior is None)
        if not each.challenger.requests:
            assert analysis.missing
