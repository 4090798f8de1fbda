"""Before training, the data are frozen and checked; if they are broken or too few, the job ends and says why."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from auto_retrain.data_checks import spellings
from auto_retrain.domain.ending import Ending
from auto_retrain.domain.errors import DataInvalid, DataMissing, JobUnknown
from auto_retrain.domain.messages.data import DataCheckOutcome
from auto_retrain.domain.messages.references import JobReference
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.status import RetrainingStatus
from auto_retrain.usecases.data import examine_data
from auto_retrain.usecases.data.check_data import check_data
from auto_retrain.usecases.data.profile_data import profile_data
from tests.unit.announced import announced
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.data.examined import examine
from tests.unit.usecases.data.opened import opened_objects
from tests.unit.usecases.world import World, predictions, rows

DATA = {"prefix": "churn", "row_id": "id", "label": "left", "numeric": ["age"], "categorical": ["plan"]}


class Data(World):
    """A model with two hundred rows for each of fifteen days: five of holdout, ten of training data."""

    def __init__(self, data: dict[str, Any] | None = None, **policy: Any) -> None:
        triggers = {"evaluation_window_days": 5, "training_window_days": 10, "cool_down_hours": 0}
        super().__init__(a_policy(triggers=triggers, data={**DATA, **(data or {})}, **policy))
        random = np.random.default_rng(1)
        for back in range(1, 16):
            self.put(back, **some_columns(random, back))

    def put(self, back: int, **columns: Any) -> None:
        self.ports.tables.by_uri[self.uri(back)] = columns

    def change(self, days: range, **columns: Any) -> None:
        """Replace columns by functions of the old ones."""
        for back in days:
            old = self.ports.tables.by_uri[self.uri(back)]
            self.put(back, **{**old, **{name: new(old.get(name)) for name, new in columns.items()}})

    def uri(self, back: int) -> str:
        return f"s3://data/churn/date={NOON.date() - timedelta(days=back)}/part-0.parquet"

    def check_data(self) -> tuple[str, DataCheckOutcome]:
        job_id = self.open()
        return job_id, self.check_opened(job_id)

    def check_opened(self, job_id: str) -> DataCheckOutcome:
        outcome = check_data(JobReference(job_id=job_id), self.ports)
        if outcome.next != "examine":
            return outcome
        examine(self, job_id)
        return check_data(JobReference(job_id=job_id), self.ports)


HOLDOUT, TRAINING = range(1, 6), range(6, 16)


def some_columns(random: np.random.Generator, back: int, n: int = 200) -> dict[str, Any]:
    return {
        "id": [f"{back}-{number}" for number in range(n)],
        "left": [str(label) for label in random.integers(0, 2, n)],
        "age": random.normal(40, 10, n),
        "plan": random.choice(np.array(["basic", "full"], dtype=object), n),
    }


def test_sound_data_are_frozen_and_summarized_and_training_may_begin() -> None:
    world = Data()
    job_id, outcome = world.check_data()
    assert outcome == DataCheckOutcome(next="train", reason="there is no champion to beat")
    job = world.job(job_id)
    assert job.manifest_sha256
    assert job.data_check is not None
    summary = job.data_check.summary
    assert (summary.training.rows, summary.holdout.rows, summary.overlap) == (2000, 1000, 0)
    assert (summary.holdout.labelled, summary.holdout.distinct_labels) == (1000, 2)
    assert job.data_check.findings == ()
    assert {feature: value < 0.05 for feature, value in job.data_check.psi.items()} == {"age": True, "plan": True}
    assert set(summary.separation) == {"age", "plan"}
    assert max(summary.separation.values()) < 0.3


def test_a_repeated_check_gives_the_same_outcome_without_reading() -> None:
    world = Data()
    job_id, outcome = world.check_data()
    world.ports.tables.by_uri.clear()
    assert check_data(JobReference(job_id=job_id), world.ports) == outcome


def test_an_object_of_training_is_read_once_and_one_of_the_holdout_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the first rows of the ten objects whose features are tried for giving the label away."""
    opened = opened_objects(monkeypatch)
    monkeypatch.setattr(examine_data, "separations", lambda *_: {})
    world = Data()
    world.check_data()
    assert opened == {world.uri(back): 2 if back in HOLDOUT else 1 for back in range(1, 16)}


def test_the_profile_built_here_becomes_that_of_the_promoted_version() -> None:
    world = Data()
    job_id, _ = world.check_data()
    world.start(job_id, "train")
    world.train(job_id)
    world.start(job_id, "score")
    world.freeze_holdout(job_id, predictions(rows(1000, 0.95)))
    world.score(job_id, v2=rows(1000, 0.95))
    world.validate(job_id)
    world.deploy(job_id)
    world.ports.tables.by_uri.clear()
    outcome = profile_data(JobReference(job_id=job_id), world.ports)
    assert (outcome.rows, outcome.features) == (2000, 2)


@pytest.mark.parametrize(
    ("days", "columns", "message"),
    [
        (HOLDOUT, {"id": lambda old: ["same"] * len(old)}, "999 of 1000 holdout rows repeat an earlier row id"),
        (range(1, 2), {"id": lambda old: [None, *old[1:]]}, "1 of 1000 holdout rows have no row id"),
        (range(1, 2), {"id": lambda old: [f"9-{n}" for n in range(len(old))]}, "200 row ids of the holdout"),
        (TRAINING, {"left": lambda old: ["1"] * len(old)}, "all 2000 training rows with a label have the same one"),
        (
            HOLDOUT,
            {"id": lambda old: ["same"] * len(old)},
            "repeat an earlier row id, such as 'same' in s3://data/churn/date=2026-02-24/part-0.parquet: "
            "data.row_id = id needs a value of its own in every row, in both windows; name a column that has one, or "
            "add one to the data",
        ),
        (TRAINING, {"left": lambda old: ["1"] * len(old)}, "the same one, '1', in data.label = left"),
        (TRAINING, {"left": lambda old: [None] * len(old)}, "0.0% of the 2000 training rows have a label"),
        (HOLDOUT, {"age": lambda old: old * 1000}, "'age' was multiplied by 1,000 as of"),
        (HOLDOUT, {"age": lambda old: np.full(len(old), np.nan)}, "'age' has no value in any of 1000 rows"),
    ],
)
def test_broken_data_end_the_job_before_training(days: range, columns: dict[str, Any], message: str) -> None:
    world = Data()
    world.change(days, **columns)
    job_id = world.open()
    for _ in range(2):
        with pytest.raises(DataInvalid, match=re.escape(message)):
            check_data(JobReference(job_id=job_id), world.ports)
    check = world.job(job_id).data_check
    assert check is not None
    assert message in check.errors[0].text
    assert world.ports.cluster.list_jobs().jobs == []


def test_the_only_label_of_a_regression_is_named() -> None:
    world = Data({"task": "regression"})
    world.change(range(1, 16), left=lambda old: np.full(len(old), 2.5))
    with pytest.raises(DataInvalid, match=r"the same one, '2\.5', in data\.label = left"):
        world.check_data()


def test_a_finding_that_the_policy_tolerates_is_a_warning() -> None:
    world = Data({"tolerate": ["unit_jump"]})
    world.change(HOLDOUT, age=lambda old: old * 1000)
    job_id, outcome = world.check_data()
    assert outcome.next == "train"
    check = world.job(job_id).data_check
    assert check is not None
    assert [(finding.check, finding.severity) for finding in check.findings] == [("unit_jump", "warning")]


def test_a_feature_that_gives_the_label_away_is_reported() -> None:
    world = Data()
    for back in range(1, 16):
        columns = world.ports.tables.by_uri[world.uri(back)]
        world.put(back, **{**columns, "plan": [f"left: {label}" for label in columns["left"]]})
    job_id, outcome = world.check_data()
    check = world.job(job_id).data_check
    assert check is not None
    assert [(finding.check, finding.column) for finding in check.findings] == [("leakage", "plan")]
    assert outcome.next == "train"


def test_a_missing_column_is_named() -> None:
    world = Data()
    world.put(3, **{name: values for name, values in world.ports.tables.by_uri[world.uri(3)].items() if name != "age"})
    with pytest.raises(DataInvalid, match="lacks the columns age"):
        world.check_data()


@pytest.mark.parametrize(
    ("field", "named", "problem"),
    [
        ({"label": "Left"}, "data.label names Left", "lacks the columns Left"),
        ({"numeric": ["agee"]}, "data.numeric names agee", "lacks the columns agee"),
        ({"entity": "who"}, "data.entity names who", "lacks the columns who"),
        ({"slices": ["plans"]}, "data.slices names plans", "lacks the columns plans"),
    ],
)
def test_the_field_that_names_a_missing_column_is_named(field: dict[str, Any], named: str, problem: str) -> None:
    with pytest.raises(DataInvalid, match=rf"^{named}: 's3://.*' {problem}"):
        Data(field).check_data()


def test_the_fields_of_labels_with_a_data_set_of_their_own_are_named() -> None:
    world = Data({"labels": {"prefix": "labels", "row_id": "id", "label": "left"}})
    for back in range(1, 16):
        day = NOON.date() - timedelta(days=back)
        world.ports.tables.by_uri[world.ports.data.add_partition("labels", day, b"x")] = {"id": [], "gone": []}
    with pytest.raises(DataInvalid, match=r"^data\.labels\.label names left: "):
        world.check_data()


def test_a_window_without_data_is_named() -> None:
    world = Data()
    world.ports.data._partitions.clear()
    with pytest.raises(DataMissing, match="no training data under 'churn/' in the window 2026-02-14 to 2026-02-23"):
        world.check_data()
    with pytest.raises(JobUnknown):
        check_data(JobReference(job_id="churn-0"), world.ports)


def test_too_few_rows_for_a_decision_end_the_job_green_without_training() -> None:
    world = Data(validation={"min_holdout_rows": 1001})
    job_id, outcome = world.check_data()
    assert outcome.next == "close"
    assert outcome.reason == (
        "not trained: 1000 holdout rows have a label, 1001 are needed (validation.min_holdout_rows)"
    )
    ended = world.close(decision={"job_id": job_id})
    job = world.job(job_id)
    assert (ended.next, job.status, job.deployed) == ("succeed", RetrainingStatus.COMPLETED, False)
    assert ended.reason == f"churn was {outcome.reason}"
    assert (ended.ending, ended.metrics) == (Ending.SKIPPED, {"skipped_jobs": 1})
    assert [event.topic for event in announced(world.ports)] == ["job_opened", "job_skipped"]
    state = world.ports.states.get("churn")
    assert (state.active_job, state.last_retrained_at, state.rejected_in_a_row) == (None, None, 0)


@pytest.mark.parametrize(
    ("column", "change", "validation", "message"),
    [
        ("left", lambda old: [None] * 100 + old[100:], {}, "50.0% of the 1000 holdout rows have a label"),
        ("left", lambda old: ["1"] * 195 + ["0"] * 5, {}, "25 holdout rows are of the rarest class, 50 are needed"),
        ("left", lambda old: old, {"min_holdout_rows": 2000}, "1000 holdout rows have a label, 2000 are needed"),
    ],
)
def test_what_validation_would_call_inconclusive_is_not_even_trained(
    column: str, change: Any, validation: dict[str, Any], message: str
) -> None:
    world = Data(validation=validation)
    world.change(HOLDOUT, **{column: change})
    _, outcome = world.check_data()
    assert (outcome.next, message in outcome.reason) == ("close", True)
    patient = Data(validation={**validation, "min_power": 0})
    patient.change(HOLDOUT, **{column: change})
    assert patient.check_data()[1].next == "train"


@pytest.mark.parametrize(
    ("column", "change", "validation", "gate"),
    [
        ("left", lambda old: [None] * 100 + old[100:], {}, "label_maturity"),
        ("left", lambda old: ["1"] * 195 + ["0"] * 5, {}, "holdout_size"),
        ("left", lambda old: old, {"min_holdout_rows": 2000}, "holdout_size"),
    ],
)
def test_a_gate_that_is_only_observed_does_not_prevent_the_training_either(
    column: str, change: Any, validation: dict[str, Any], gate: str
) -> None:
    world = Data(validation={**validation, "observe_only": [gate]})
    world.change(HOLDOUT, **{column: change})
    assert world.check_data()[1].next == "train"


def compared(world: World, champion: float, challenger: float, n: int) -> None:
    """Run a first job that promotes a challenger, by a comparison on n rows."""
    job_id = world.scored_job(rows(n, challenger), rows(n, champion, first_wrong=n // 2))
    world.validate(job_id)
    world.deploy(job_id)
    world.close(decision={"job_id": job_id})


def next_check(world: Data, force: bool = False) -> DataCheckOutcome:
    world.ports.clock.advance(timedelta(seconds=1))
    event = {"model_name": "churn", "actor": "ada", "reason": "again", "event_time": NOON.isoformat(), "force": force}
    decision = world.check(event, execution="arn:second")
    assert decision.job_id is not None
    return check_data(JobReference(job_id=decision.job_id), world.ports)


def test_the_reason_to_train_is_the_chance_of_a_promotion() -> None:
    world = Data()
    compared(world, 0.85, 0.90, 2000)
    outcome = next_check(world)
    assert outcome.next == "train"
    assert outcome.reason == (
        "accuracy is 0.9 in the comparison of 2026-03-01; on 1000 labelled holdout rows a challenger at 0.99 has a "
        "chance of 100% to be promoted, judging by 1 earlier comparison (at best 100%), and one exactly as good as "
        "asked (0.945) has 50%"
    )


def hopeless() -> Data:
    """A model whose next comparison would hardly show the gain of a challenger, even one twice as good as asked."""
    world = Data(validation={"min_improvement": 0.001})
    compared(world, 0.90, 0.95, 2000)
    return world


def test_a_job_whose_comparison_would_hardly_show_a_gain_is_skipped() -> None:
    world = hopeless()
    outcome = next_check(world)
    assert outcome.next == "close"
    assert "a challenger at 0.9519 has a chance of" in outcome.reason
    assert outcome.reason.endswith("; validation.min_power = 0.5 asks for 50%")


def test_a_person_who_forces_a_job_gets_it_trained_and_the_record_says_so() -> None:
    world = hopeless()
    outcome = next_check(world, force=True)
    assert outcome.next == "train"
    assert outcome.reason.startswith("trained because ada forced it, although accuracy is 0.95 in the comparison")
    check = world.ports.jobs.list_recent("churn", 1)[0].data_check
    assert check is not None
    assert (check.skipped, check.overridden) == (None, outcome.reason)


@pytest.mark.parametrize("gate", ["min_improvement", "paired_evidence"])
def test_where_no_gain_has_to_show_its_size_prevents_no_training(gate: str) -> None:
    world = hopeless()
    rules = world.policy.validation.changed(observe_only=(gate,))
    world.ports.policies.apply(world.policy.changed(validation=rules), "ada", NOON)
    assert next_check(world).next == "train"


def test_labels_in_a_separate_data_set_are_joined_and_the_last_one_counts() -> None:
    world = Data({"labels": {"prefix": "labels", "row_id": "id", "label": "left"}})
    day = NOON.date() - timedelta(days=1)
    for number, labels in enumerate((["0"] * 1000, ["1"] * 400)):
        ids = [f"{back}-{n}" for back in HOLDOUT for n in range(200)]
        world.ports.data.add_partition("labels", day, f"labels {number}".encode(), name=f"part-{number}.parquet")
        uri = f"s3://data/labels/date={day}/part-{number}.parquet"
        world.ports.tables.by_uri[uri] = {"id": ids[: len(labels)], "left": labels}
    old = NOON.date() - timedelta(days=12)
    world.ports.data.add_partition("labels", old, b"old labels")
    ids = [f"{back}-{n}" for back in TRAINING for n in range(200)]
    world.ports.tables.by_uri[f"s3://data/labels/date={old}/part-0.parquet"] = {"id": ids, "left": ["0", "1"] * 1000}
    job_id, outcome = world.check_data()
    assert outcome.next == "train"
    check = world.job(job_id).data_check
    assert check is not None
    assert (check.summary.holdout.labelled, check.summary.holdout.rarest_class_rows) == (1000, 400)
    assert check.summary.training.labelled == 2000


def test_a_regression_needs_labels_that_differ() -> None:
    columns = {"task": "regression", "label": "price"}
    world = Data(columns)
    for back in range(1, 16):
        world.change(range(back, back + 1), price=lambda _: np.arange(200.0))
    assert world.check_data()[1].next == "train"
    two = Data(columns)
    two.change(range(1, 16), price=lambda _: np.arange(200.0) % 2)
    with pytest.raises(DataInvalid, match="take 2 values, a regression needs more"):
        two.check_data()


@pytest.mark.parametrize("number", [np.inf, -np.inf, 1e200])
def test_labels_too_large_for_any_metric_end_the_job_by_name_before_training(number: float) -> None:
    world = Data({"task": "regression", "label": "price"})
    world.change(range(1, 16), price=lambda _: np.arange(200.0))
    world.change(range(7, 9), price=lambda prices: np.where(prices == 7, number, prices))
    with pytest.raises(DataInvalid, match=r"2 of 2000 labels in column 'price' are infinite or beyond 1e\+140"):
        world.check_data()


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_a_label_that_is_always_zero_is_named_without_its_sign(zero: float) -> None:
    world = Data({"task": "regression", "label": "price"})
    world.change(range(1, 16), price=lambda _: np.full(200, zero))
    with pytest.raises(DataInvalid, match="all 2000 training rows with a label have the same one, '0', in"):
        world.check_data()


def test_the_largest_labels_that_can_be_measured_are_no_problem() -> None:
    world = Data({"task": "regression", "label": "price"})
    world.change(range(1, 16), price=lambda _: np.linspace(-1e140, 1e140, 200))
    assert world.check_data()[1].next == "train"


def test_the_champion_is_read_when_training_starts_and_not_before() -> None:
    world = Data()
    job_id, _ = world.check_data()
    world.give_champion()
    world.start(job_id, "train")
    job = world.job(job_id)
    assert job.champion == ModelVersion(number="1")


def labelled(world: Data, ids: dict[int, list[str]]) -> None:
    """Labels of these ids, arrived so many days ago."""
    for back, texts in ids.items():
        day = NOON.date() - timedelta(days=back)
        world.ports.data.add_partition("labels", day, f"labels {back}".encode())
        columns = {"id": texts, "left": ["0", "1"] * (len(texts) // 2)}
        world.ports.tables.by_uri[f"s3://data/labels/date={day}/part-0.parquet"] = columns


LABELS = {"labels": {"prefix": "labels", "row_id": "id", "label": "left"}}
IN_TRAINING = [f"{back}-{n}" for back in TRAINING for n in range(200)]


@pytest.mark.parametrize(
    ("spell", "hint"),
    [(lambda text: f"customer {text}", ""), (lambda text: f" {text} ", "; they differ only in spelling")],
)
def test_labels_whose_ids_never_meet_those_of_the_rows_are_not_labels_that_have_not_arrived(
    spell: Callable[[str], str], hint: str
) -> None:
    world = Data(LABELS)
    labelled(world, {12: [spell(row_id) for row_id in IN_TRAINING]})
    example = f"(for example '{spell('6-0')}' among the labels, and '15-0' among the rows){hint}"
    with pytest.raises(DataInvalid) as error:
        world.check_data()
    assert str(error.value) == (
        f"stray_labels: no id of the 2000 labels that have arrived is among those of the 2000 training rows {example}"
    )


def test_labels_of_the_holdout_that_belong_to_earlier_rows_have_only_not_arrived_yet() -> None:
    world = Data(LABELS)
    labelled(world, {12: IN_TRAINING, 2: IN_TRAINING[:100]})
    _, outcome = world.check_data()
    assert (outcome.next, "of the 1000 holdout rows ha" in outcome.reason) == ("close", True)


def test_labels_that_are_nobodys_since_the_holdout_began_are_an_error_only_if_they_seem_to_be_of_its_rows() -> None:
    world = Data(LABELS)
    labelled(world, {12: IN_TRAINING, 2: ["x-1", "x-2"]})
    job_id, outcome = world.check_data()
    check = world.job(job_id).data_check
    assert check is not None
    assert [(finding.check, finding.severity) for finding in check.findings] == [("stray_labels", "warning")]
    assert "no id of the 2 labels that have arrived is among those of the 1000 holdout rows" in check.findings[0].text
    assert outcome.next == "close"
    assert "(no id of the 2 labels that have arrived is among those of these rows)" in outcome.reason
    respelled = Data(LABELS)
    labelled(respelled, {12: IN_TRAINING, 2: [f" {back}-{n}" for back in HOLDOUT for n in range(200)]})
    with pytest.raises(DataInvalid, match="they differ only in spelling"):
        respelled.check_data()


@pytest.mark.parametrize(
    ("positive", "hint"),
    [("True", "; only the spelling differs from 'true'"), ("1", ""), ("TRUE ", "; only the spelling differs from")],
)
def test_a_positive_label_that_no_row_has_is_an_error_before_anything_is_trained(positive: str, hint: str) -> None:
    world = Data({"positive_label": positive})
    world.change(range(1, 16), left=lambda old: ["true" if label == "1" else "false" for label in old])
    with pytest.raises(DataInvalid) as error:
        world.check_data()
    sentence = f"data.positive_label = '{positive}': no row has this label; there are"
    assert sentence in str(error.value)
    assert hint in str(error.value)
    assert "'false'" in str(error.value)
    assert world.ports.cluster.list_jobs().jobs == []


def test_a_positive_label_that_only_the_holdout_has_is_one() -> None:
    world = Data({"positive_label": "2"})
    world.change(range(1, 2), left=lambda old: ["2"] * len(old))
    assert world.check_data()[1].next == "train"


def test_words_for_missing_and_other_spellings_are_warnings_with_numbers() -> None:
    world = Data()
    world.change(
        range(1, 16),
        left=lambda old: ["nan"] * 20 + ["1.0"] * 20 + old[40:],
        plan=lambda old: ["N/A"] * 50 + ["Basic "] * 50 + ["basic"] * 100,
        id=lambda old: [old[1].replace("-", "-A"), old[1].replace("-", "-a"), *old[2:]],
    )
    job_id, outcome = world.check_data()
    assert outcome.next == "train"
    check = world.job(job_id).data_check
    assert check is not None
    assert [finding.text for finding in check.findings] == [
        "10.0% of the labels are the text 'nan': missing?",
        "some of the labels differ only in spelling: '1' and '1.0'",
        "25.0% of the values of 'plan' are the text 'N/A': missing?",
        "some of the values of 'plan' differ only in spelling: 'Basic ' and 'basic'",
        "15 row ids differ from others only in spelling",
    ]


def test_more_classes_than_can_be_validated_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spellings, "MAX_CLASSES", 100)
    world = Data()
    world.change(range(1, 16), left=lambda old: [f"c{number}" for number in range(len(old))])
    with pytest.raises(DataInvalid, match="the labels are of 200 classes, at most 100 can be validated"):
        world.check_data()


def test_the_numbers_of_a_regression_have_no_classes_or_spellings() -> None:
    world = Data({"task": "regression", "label": "price"})
    world.change(range(1, 16), price=lambda _: np.arange(200.0))
    job_id, _ = world.check_data()
    check = world.job(job_id).data_check
    assert check is not None
    assert check.findings == ()


def test_labels_without_a_row_id_belong_to_no_row() -> None:
    world = Data({"labels": {"prefix": "labels", "row_id": "id", "label": "left"}})
    day = NOON.date() - timedelta(days=12)
    world.ports.data.add_partition("labels", day, b"labels")
    ids = [f"{back}-{n}" for back in range(1, 16) for n in range(200)]
    world.ports.tables.by_uri[f"s3://data/labels/date={day}/part-0.parquet"] = {
        "id": [None, *ids],
        "left": ["?", *(["0", "1"] * 1500)],
    }
    day = NOON.date() - timedelta(days=1)
    world.ports.data.add_partition("labels", day, b"other labels")
    world.ports.tables.by_uri[f"s3://data/labels/date={day}/part-0.parquet"] = {"id": ids, "left": ["0", "1"] * 1500}
    job_id, outcome = world.check_data()
    assert outcome.next == "train"
    check = world.job(job_id).data_check
    assert check is not None
    assert (check.summary.holdout.labelled, check.summary.holdout.rarest_class_rows) == (1000, 500)


def test_objects_without_rows_are_reported_as_such() -> None:
    world = Data()
    nothing = {name: np.empty(0) if name == "age" else [] for name in ("id", "left", "age", "plan")}
    for back in range(1, 16):
        world.put(back, **nothing)
    with pytest.raises(DataInvalid, match=r"0\.0% of the 0 training rows have a label"):
        world.check_data()
