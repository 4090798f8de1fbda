"""A job's page says what happened, also where nothing was trained, and nothing in it becomes markup."""

import re
from datetime import date

import pytest

from auto_retrain.domain.comparison import MetricResult
from auto_retrain.domain.cost import Forecast, PricedCost
from auto_retrain.domain.data_check import FeatureBins
from auto_retrain.domain.ending import Ending
from auto_retrain.domain.job import PendingReview, RetrainingJob
from auto_retrain.domain.verdict import Outcome, Verdict
from auto_retrain.report import render_job
from auto_retrain.report.histograms import histograms
from auto_retrain.report.intervals import intervals_of
from auto_retrain.report.job import Place
from auto_retrain.usecases.reporting.job_page import job_page
from tests.unit.builders import a_policy
from tests.unit.domain.test_timeline import a_job
from tests.unit.report.pages import NASTY, a_job_page, validated_world
from tests.unit.report.test_report import Tags


def test_a_failed_job_names_the_error_the_step_and_what_to_do() -> None:
    job = a_job(Ending.FAILED, error="TrainingFailed: exit code 137", started_at=a_job().created_at)
    page = render_job(job, [], [Place("end of the log", "train/log.txt", "s3://a/train/log.txt")], linked=True)
    for shown in ("TrainingFailed", "exit code 137", "<dd>train</dd>", "runbook", "href='train/log.txt'", "--force"):
        assert shown in page


def test_a_job_that_waits_for_a_review_names_the_owner_and_the_commands() -> None:
    waiting = a_job().changed(pending_review=PendingReview(task_token="secret", since=a_job().created_at))
    page = render_job(waiting, [], [], a_policy(), linked=False)
    for shown in ("team@example.com", f"auto-retrain approve {waiting.job_id}", "decline", "UTC"):
        assert shown in page
    assert "secret" not in page
    assert "auto-retrain approve" not in render_job(a_job(Ending.PROMOTED), [], [], a_policy(), linked=False)


@pytest.mark.parametrize("ending", [None, *Ending])
def test_every_ending_has_a_page_whose_tags_are_closed(ending: Ending | None) -> None:
    page = render_job(a_job(ending, error=NASTY), [], [], linked=False)
    assert Tags(page).open == []
    assert "<h2>Timeline</h2>" in page


def test_it_shows_what_the_job_cost_beside_its_forecast() -> None:
    cost = PricedCost(
        pods=0.5,
        functions=0.01,
        transitions=0.0003,
        stored=0.0,
        at_most=True,
        unmeasured=False,
        prices_as_of=date(2025, 1, 1),
        problem=NASTY,
    )
    job = a_job(Ending.REJECTED).expecting(Forecast(usd=0.04, jobs=3, at_most=9.0))
    page = render_job(job.charged(cost), [], [], linked=False)
    for shown in ("cost at most $0.51, forecast $0.04", "<dd>$0.50</dd>", "as of 2025-01-01", "could not be read"):
        assert shown in page
    assert NASTY not in page
    assert "forecast $0.04, like the last 3" in render_job(job, [], [], linked=False)
    assert "<h2>Cost</h2>" not in render_job(a_job(), [], [], linked=False)


def test_a_page_that_was_asked_for_has_no_links_that_lead_nowhere() -> None:
    assert "href" not in render_job(a_job(), [], [Place("log", "train/log.txt", "s3://a")], linked=False)


def test_names_from_outside_are_text_and_links_lead_only_to_neighbours() -> None:
    page = a_job_page(nasty=True)
    tags = Tags(page)
    assert NASTY not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert not tags.names & {"script", "img", "iframe", "link", "object", "embed", "form"}
    assert set(re.findall(r"href='([^']*)'", page)) == {"report.html", "../../fleet.html#model-churn"}


def charts_of(metric: MetricResult, *verdicts: Verdict) -> str:
    world, job_id = validated_world()
    result = world.job(job_id).validation
    assert result is not None
    return intervals_of(result.changed(metrics={"accuracy": metric}, primary="accuracy", verdicts=verdicts))


def test_a_chart_shows_both_versions_the_floor_and_what_is_needed() -> None:
    metric = MetricResult(value=0.9, interval=(0.88, 0.92), champion=0.8, champion_interval=(0.78, 0.82), gain=0.1)
    floor = Verdict(check="accuracy_floor", outcome=Outcome.MET, reason="", value=0.9, limit=0.75)
    needed = Verdict(check="min_improvement", outcome=Outcome.MET, reason="", value=0.125, limit=0.05)
    chart = charts_of(metric, floor, needed)
    assert (chart.count("<circle"), chart.count("class=asked")) == (2, 2)
    assert "accuracy: challenger 0.9000, 0.8800 to 0.9200; champion 0.8000, 0.7800 to 0.8200" in chart
    assert "floor 0.7500, needed 0.8400" in chart


def test_of_an_error_that_should_be_small_the_margin_is_above_the_champion() -> None:
    metric = MetricResult(value=1.0, champion=2.0, gain=1.0)
    margin = Verdict(check="guardrail_accuracy", outcome=Outcome.MET, reason="", value=1.0, limit=-0.5)
    assert "margin 2.5000" in charts_of(metric, margin)


def test_a_first_model_has_one_dot_and_a_value_of_one_row_no_width() -> None:
    assert charts_of(MetricResult(value=1.0)).count("<circle") == 1


def test_a_job_that_still_runs_has_a_page() -> None:
    world, job_id = validated_world()
    job: RetrainingJob = world.job(job_id)
    page = job_page(job, world.ports, linked=False)
    assert "badge validation" in page
    assert "Validated: promote" in page


def test_a_feature_that_moved_is_drawn_in_both_windows() -> None:
    page = a_job_page()
    assert page.count("<figure class=bars>") == 2
    assert "aria-label='yes, PSI 0.1234, limit 0.25, largest share 56%'" in page
    assert page.count("<rect class=champion") == page.count("<rect class=challenger") == 3 + 4


def test_bins_without_rows_are_drawn_flat() -> None:
    drawn = histograms({"age": FeatureBins(training=(0, 0), holdout=(1, 0))}, {})
    assert drawn.count("height=0.0") == 3
