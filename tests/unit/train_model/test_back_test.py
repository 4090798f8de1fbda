"""The walk through the past: retrainings are carried out on the data as they were, and what they promote serves."""

import hashlib
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pandas as pd
import pytest

from auto_retrain.domain.asked_retraining import AskedRetraining
from auto_retrain.domain.ending import Ending
from auto_retrain.domain.layouts import Layout
from auto_retrain.domain.manifest import DataObject
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.trained_back_test import BackTestRequest, BackTestResult, Listing, TrainedBackTest
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.domain.windows import Window
from tests.unit.train_model.past import (
    CHANGE,
    FIRST,
    a_request,
    days_of,
    doubtful_rows,
    manifest_of,
    put,
    rows_of,
    the_policy,
)
from tests.unit.train_model.shelf import Shelf
from train_model import back_test as walking
from train_model.back_test import back_test
from train_model.errors import BackTestRefused, OrderInvalid
from train_model.order import Order
from train_model.storage import Storage
from train_model.world_storage import WorldStorage

TRAINER = {"trainer": "tests.unit.train_model.past:fit"}
# Before and after the change, and enough for a first version.
AROUND = Window(start=CHANGE - timedelta(days=10), end=CHANGE + timedelta(days=15))
SHORT = Window(start=FIRST + timedelta(days=20), end=FIRST + timedelta(days=24))


@pytest.fixture(scope="module")
def shelf(s3: Any) -> Shelf:
    """A bucket for all that change nothing in it."""
    return Shelf(s3, "past")


@pytest.fixture(scope="module")
def objects(shelf: Shelf) -> list[DataObject]:
    return list(days_of(shelf))


@pytest.fixture
def own_shelf(s3: Any) -> Shelf:
    return Shelf(s3, f"own-{len(s3.list_buckets()['Buckets'])}")


@pytest.fixture(scope="module")
def usual(shelf: Shelf, objects: list[DataObject]) -> TrainedBackTest:
    """The policy on the days around the change, which takes some seconds."""
    (test,) = walked(shelf, a_request(objects, the_policy(training=TRAINER)))
    return test


def order_for(request: BackTestRequest) -> tuple[Order, bytes]:
    job_id, content = manifest_of(request)
    about: dict[str, Any] = {"schema_version": 1, "kind": "back_test", "job_id": job_id, "model_name": "shop"}
    about |= {"manifest_uri": "s3://a/jobs/x/manifest.json", "output_uri": "s3://a/training/x/", "seed": 7}
    about |= {"manifest_sha256": hashlib.sha256(content).hexdigest(), "mlflow_tracking_uri": "http://127.0.0.1:9"}
    return Order.model_validate(about), content


def walked(shelf: Shelf, request: BackTestRequest) -> tuple[TrainedBackTest, ...]:
    order, content = order_for(request)
    header = {"schema_version": 1, "kind": "back_test", "job_id": order.job_id}
    return BackTestResult.model_validate(header | back_test(order, content, Storage(shelf.client))).tests


def test_what_is_promoted_serves_until_the_world_changes_and_then_the_next_one(usual: TrainedBackTest) -> None:
    test = usual
    first, *later = test.retrainings
    assert (first.at.date(), first.trigger_type, first.ending) == (test.test.days.start, "manual", Ending.PROMOTED)
    assert [each.trigger_type for each in later] == [TriggerType.PERFORMANCE_DEGRADATION] * len(later)
    assert all(each.at.date() > CHANGE for each in later)
    assert later[-1].ending is Ending.PROMOTED
    assert [each.version for each in test.champions] == ["1", later[-1].version]
    by_day = {each.day: each for each in test.days}
    assert (by_day[CHANGE - timedelta(days=1)].value or 0) > 0.9
    assert (by_day[CHANGE].value or 1) < 0.8
    assert (by_day[max(by_day)].value or 0) > 0.9
    assert all(each.ending is not Ending.PROMOTED for each in later[:-1])


def test_days_beyond_the_limit_and_what_was_needed_are_those_of_the_version_that_served(
    usual: TrainedBackTest,
) -> None:
    test = usual
    (beyond,) = test.test.beyond
    assert abs((beyond.first - CHANGE).days) <= 3
    assert beyond.answered
    assert beyond.days_unanswered <= 5
    needed = [each.needed for each in test.test.starts if each.trigger_type is TriggerType.PERFORMANCE_DEGRADATION]
    # The version before would have gone on being wrong, whatever replaced it.
    assert set(needed) == {"confirmed"}


def test_the_same_request_gives_the_same_result(shelf: Shelf, objects: list[DataObject]) -> None:
    request = a_request(objects, the_policy(training=TRAINER), days=AROUND)
    once, again = walked(shelf, request), walked(shelf, request)
    assert [each.retrainings for each in once] == [each.retrainings for each in again]
    assert [each.days for each in once] == [each.days for each in again]


def test_whoever_follows_the_log_sees_each_training_each_month_and_days_after_a_silence(
    own_shelf: Shelf, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    request = a_request(list(days_of(own_shelf)), the_policy(training=TRAINER), days=SHORT)
    (name,) = (each.name for each in request.policies)

    def told(silence: float) -> list[str]:
        monkeypatch.setattr(walking, "SILENCE_SECONDS", silence)
        walked(own_shelf, request)
        return [line for line in capsys.readouterr().err.splitlines() if line.startswith(f"{name}: ")]

    first, *later = SHORT.days()
    begins, serves_none = f"{name}: {first}, a training begins", f"{name}: {first}, no version serves"
    assert sorted(told(float("inf"))) == [begins, serves_none]
    assert set(told(0.0)) >= {begins, serves_none, *(f"{name}: {day}, version 1 serves" for day in later)}


@pytest.mark.parametrize("days", [0, 2, 20])
def test_days_that_begin_too_near_the_first_data_say_which_day_would_not(
    shelf: Shelf, objects: list[DataObject], days: int
) -> None:
    begin, training = FIRST + timedelta(days=days), TRAINER if days < 20 else {"parameters": {"fails": True}, **TRAINER}
    request = a_request(objects, the_policy(training=training), days=Window(start=begin, end=begin + timedelta(days=3)))
    (test,) = walked(shelf, request)
    assert (len(test.retrainings), test.champions) == (1, ())
    # Ten days to learn from and five to judge by.
    assert test.whole_from == (FIRST + timedelta(days=15) if days < 20 else None)


def test_two_policies_walk_through_the_same_days_apart(shelf: Shelf, objects: list[DataObject]) -> None:
    asleep = the_policy(training=TRAINER, triggers={"performance_metric_threshold": 0.5})
    awake, other = walked(shelf, a_request(objects, the_policy(training=TRAINER), asleep, days=AROUND))
    assert len(awake.retrainings) > len(other.retrainings) == 1
    assert [each.version for each in other.champions] == ["1"]


def test_without_a_champion_nothing_serves_until_somebody_asks(shelf: Shelf, objects: list[DataObject]) -> None:
    asked = AskedRetraining(at=datetime(2026, 2, 10, tzinfo=UTC), actor="ada", reason="the first model")
    policy = the_policy(training=TRAINER)
    (test,) = walked(shelf, a_request(objects, policy, trains_first=False, asked=(asked,)))
    assert test.retrainings[0].at == asked.at
    assert min(each.day for each in test.days) == date(2026, 2, 10)


def test_a_trainer_that_fails_is_how_its_job_ends(shelf: Shelf, objects: list[DataObject]) -> None:
    policy = the_policy(training={**TRAINER, "parameters": {"fails": True}})
    (test,) = walked(shelf, a_request(objects, policy, days=SHORT))
    (only,) = test.retrainings
    assert only.ending is Ending.FAILED
    assert "this trainer fails" in only.reason
    assert test.champions == ()


def test_a_day_that_cannot_be_predicted_is_unknown_alone_with_its_reason(own_shelf: Shelf) -> None:
    objects = list(days_of(own_shelf))
    bad = SHORT.start + timedelta(days=2)
    rows = rows_of(bad)
    rows.loc[0, "age"] = 200
    (listed,) = (item for item in objects if item.date == bad)
    objects[objects.index(listed)] = put(own_shelf, f"customers/date={bad}/part-0.parquet", rows, bad)
    policy = the_policy(training={"trainer": "tests.unit.train_model.past:fit_picky"})
    (test,) = walked(own_shelf, a_request(objects, policy, days=SHORT))
    assert [each.day for each in test.days if each.value is None] == [bad]
    (unknown,) = (each.problem for each in test.days if each.problem)
    assert unknown == "version 1 cannot predict: ValueError: nobody is that old"
    assert {each.rows for each in test.days if each.day != bad} == {120}


def test_a_day_that_cannot_be_read_is_unknown_with_its_reason(own_shelf: Shelf) -> None:
    objects = list(days_of(own_shelf))
    bad = SHORT.start + timedelta(days=2)
    own_shelf.put(f"customers/date={bad}/part-0.parquet", b"other")
    (test,) = walked(own_shelf, a_request(objects, the_policy(training=TRAINER), days=SHORT))
    ((day, problem),) = ((each.day, each.problem) for each in test.days if each.value is None)
    assert day == bad
    assert "has changed" in (problem or "")


def test_a_version_that_cannot_be_loaded_ends_its_job_and_not_the_walk(shelf: Shelf, objects: list[DataObject]) -> None:
    policy = the_policy(training={"trainer": "tests.unit.train_model.past:fit_unloadable"})
    (test,) = walked(shelf, a_request(objects, policy, days=SHORT))
    (only,) = test.retrainings
    assert only.ending is Ending.FAILED
    assert "version 1 cannot be loaded: RuntimeError: the file of its weights is gone" in only.reason


def test_an_object_that_has_changed_since_it_was_listed_fails_what_reads_it(own_shelf: Shelf) -> None:
    objects = list(days_of(own_shelf))
    changed = FIRST + timedelta(days=12)
    own_shelf.put(f"customers/date={changed}/part-0.parquet", b"other")
    (test,) = walked(own_shelf, a_request(objects, the_policy(training=TRAINER), days=SHORT))
    assert test.retrainings[0].ending is Ending.FAILED
    assert f"date={changed}" in test.retrainings[0].reason


def test_labels_that_come_late_are_known_late(shelf: Shelf, objects: list[DataObject]) -> None:
    policies = (the_policy(training=TRAINER), the_policy(training=TRAINER))
    late = policies[1].changed(data=policies[1].data.changed(label_delay_days=7))
    soon, later = walked(shelf, a_request(objects, policies[0], late, days=AROUND))
    assert later.retrainings[1].at - soon.retrainings[1].at >= timedelta(days=5)


def test_what_got_worse_after_its_promotion_is_taken_back(shelf: Shelf, objects: list[DataObject]) -> None:
    eve = datetime.combine(CHANGE - timedelta(days=1), time(), UTC)
    asked = AskedRetraining(at=eve, actor="ada", reason="a version that is as good")
    as_good = {"improvement_basis": "non_inferior", "non_inferiority_margin": 0.02}
    policy = the_policy(
        training=TRAINER, validation=as_good, triggers={"enabled": ["scheduled"], "schedule_expression": "0 0 1 1 *"}
    )
    (test,) = walked(shelf, a_request(objects, policy, asked=(asked,)))
    assert [(each.version, each.change) for each in test.champions] == [
        ("1", "promoted"),
        ("2", "promoted"),
        ("1", "rolled_back"),
    ]
    assert test.taken_back == 1
    back = test.champions[2].since.date()
    assert CHANGE < back <= CHANGE + timedelta(days=7)
    by_day = {each.day: each.version for each in test.days}
    assert (by_day[CHANGE], by_day[back + timedelta(days=1)]) == ("2", "1")


def test_labels_of_their_own_and_one_table_are_read_as_a_job_reads_them(own_shelf: Shelf) -> None:
    days = [FIRST + timedelta(days=number) for number in range(100)]
    features, labels = [], []
    for day in days:
        rows = rows_of(day)
        features.append(rows.drop(columns="bought").assign(day=day))
        labels.append(put(own_shelf, f"labels/date={day}/part-0.parquet", rows[["id", "bought"]], day))
    table = put(own_shelf, "customers/all.parquet", pd.concat(features), FIRST)
    apart = {"labels": {"prefix": "labels", "format": "parquet", "row_id": "id", "label": "bought"}}
    policy = the_policy(training=TRAINER)
    data = {**policy.data.model_dump(), **apart, "layout": "column", "date_column": "day"}
    policy = Policy.model_validate({**policy.model_dump(), "data": data}, strict=False)
    listings = (
        Listing(prefix="customers", layout=Layout.COLUMN, objects=(table,)),
        Listing(prefix="labels", objects=tuple(labels)),
    )
    days_tried = Window(start=CHANGE - timedelta(days=12), end=CHANGE + timedelta(days=12))
    (test,) = walked(own_shelf, a_request([], policy, listings=listings, days=days_tried))
    assert test.retrainings[0].ending is Ending.PROMOTED, test.retrainings[0].reason
    assert {each.rows for each in test.days} == {120}
    assert (test.days[0].value or 0) > 0.9
    assert (test.days[-1].value or 1) < 0.8


def test_a_regression_is_walked_through_by_its_own_metric(shelf: Shelf, objects: list[DataObject]) -> None:
    policy = the_policy()
    data = {**policy.data.model_dump(), "label": "age", "numeric": ["bought"], "task": "regression"}
    triggers = {"enabled": ["scheduled"], "evaluation_window_days": 5, "training_window_days": 10}
    whole = {**policy.model_dump(), "data": data, "triggers": triggers, "metric": {"name": "mae"}}
    regression = Policy.model_validate(whole, strict=False)
    days = Window(start=CHANGE - timedelta(days=10), end=CHANGE + timedelta(days=3))
    (test,) = walked(shelf, a_request(objects, regression, days=days))
    assert test.metric == "mae"
    assert [each.version for each in test.champions][:1] == ["1"]
    assert all(5 < (each.value or 0) < 20 for each in test.days)


def test_a_proxy_is_trained_first_and_may_say_that_nothing_would_be_gained(
    shelf: Shelf, objects: list[DataObject], usual: TrainedBackTest
) -> None:
    (guarded,) = walked(shelf, a_request(objects, the_policy(training={**TRAINER, "proxy": {"rows": 200}})))
    assert [each.ending for each in guarded.retrainings].count(Ending.SKIPPED) > 0
    assert Ending.SKIPPED not in [each.ending for each in usual.retrainings]
    assert len(guarded.champions) == len(usual.champions) == 2


def test_an_estimate_from_scores_starts_a_retraining_long_before_the_labels_arrive(own_shelf: Shelf) -> None:
    days = [FIRST + timedelta(days=number) for number in range(100)]
    objects = [put(own_shelf, f"customers/date={day}/part-0.parquet", doubtful_rows(day), day) for day in days]
    policy = the_policy(
        training={"trainer": "tests.unit.train_model.past:fit_scores"},
        triggers={"enabled": ["estimated_performance"], "estimated_performance": {"observe_only": False}},
        deployment={"requests": {"source": "prediction_log"}},
    )
    policy = policy.changed(data=policy.data.changed(label_delay_days=20))
    around = Window(start=CHANGE - timedelta(days=4), end=CHANGE + timedelta(days=12))
    (test,) = walked(own_shelf, a_request(objects, policy, days=around))
    first, later, *_ = test.retrainings
    assert (first.trigger_type, first.ending) == (TriggerType.MANUAL, Ending.PROMOTED)
    assert later.trigger_type is TriggerType.ESTIMATED_PERFORMANCE
    assert CHANGE < later.at.date() <= CHANGE + timedelta(days=8)
    (why,) = (each.reason for each in test.test.starts if each.at == later.at)
    assert "accuracy of version 1 is estimated at 0." in why


def test_predictions_do_not_stay_in_memory(
    shelf: Shelf, objects: list[DataObject], monkeypatch: pytest.MonkeyPatch
) -> None:
    written: dict[str, WorldStorage] = {}

    class Watched(WorldStorage):
        def write(self, uri: str, content: bytes) -> None:
            super().write(uri, content)
            written[uri] = self

    monkeypatch.setattr("train_model.back_test.WorldStorage", Watched)
    policy = the_policy(training={**TRAINER, "proxy": {"rows": 200}})
    (test,) = walked(shelf, a_request(objects, policy, days=AROUND))
    assert Ending.SKIPPED in [each.ending for each in test.retrainings]
    predictions = [uri for uri in written if uri.endswith(".npz")]
    assert any("/predictions-whole" in uri for uri in predictions)
    assert not [uri for uri in predictions if written[uri].exists(uri)]


def test_a_review_counts_as_approved(shelf: Shelf, objects: list[DataObject]) -> None:
    asked = AskedRetraining(at=datetime(2026, 2, 10, tzinfo=UTC), actor="ada", reason="the first model", review=True)
    days = Window(start=date(2026, 2, 5), end=date(2026, 2, 15))
    policy = the_policy(training=TRAINER)
    (test,) = walked(shelf, a_request(objects, policy, trains_first=False, asked=(asked,), days=days))
    assert [each.version for each in test.champions] == ["1"]


def test_variants_that_a_person_asked_for_are_trained_again(shelf: Shelf, objects: list[DataObject]) -> None:
    asked = AskedRetraining(
        at=datetime(2026, 2, 10, tzinfo=UTC), actor="ada", reason="a try", variants=({"depth": 1}, {"fails": True})
    )
    policy = the_policy(training=TRAINER, triggers={"enabled": ["scheduled"], "schedule_expression": "0 0 1 1 *"})
    (test,) = walked(shelf, a_request(objects, policy, asked=(asked,)))
    assert [each.version for each in test.retrainings] == ["1", "2"]


def test_a_metric_that_labelled_rows_do_not_say_is_refused_by_its_field(
    shelf: Shelf, objects: list[DataObject]
) -> None:
    policy = the_policy(training=TRAINER)
    revenue = policy.changed(metric={"name": "revenue"})
    with pytest.raises(BackTestRefused, match=r"metric\.name = 'revenue'.*--metric"):
        walked(shelf, a_request(objects, revenue))
    (test,) = walked(shelf, a_request(objects, revenue, metric="accuracy", days=SHORT))
    assert test.metric == "accuracy"
    assert test.champions


def test_a_storage_that_fails_breaks_the_walk_rather_than_a_job(
    shelf: Shelf, objects: list[DataObject], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> bytes:
        raise ConnectionError("no answer")

    order, content = order_for(a_request(objects, the_policy(training=TRAINER)))
    storage = Storage(shelf.client)
    monkeypatch.setattr(storage, "read", fail)
    with pytest.raises(ConnectionError, match="no answer"):
        back_test(order, content, storage)


def test_nothing_leaves_the_walk(shelf: Shelf, objects: list[DataObject]) -> None:
    before = shelf.keys("")
    walked(shelf, a_request(objects, the_policy(training=TRAINER), days=SHORT))
    assert shelf.keys("") == before


def test_a_manifest_of_another_order_is_refused(shelf: Shelf, objects: list[DataObject]) -> None:
    request = a_request(objects, the_policy(training=TRAINER))
    order, content = order_for(request)
    with pytest.raises(OrderInvalid, match="SHA-256"):
        back_test(order, content + b" ", Storage(shelf.client))
