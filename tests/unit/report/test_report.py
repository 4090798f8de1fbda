"""What the report says, and that it cannot be made to say anything else."""

import re
from html.parser import HTMLParser

import pytest

from auto_retrain.domain.errors import RegistryUnavailable
from auto_retrain.domain.job import Variant
from auto_retrain.domain.messages.references import JobReference
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.report.charts import MAX_RADIUS
from auto_retrain.report.results import variants_of
from auto_retrain.usecases.validating.validate_model import validate_model
from tests.unit.report.pages import NASTY, ROWS, a_page, validated_world
from tests.unit.usecases.world import World, rows


class Tags(HTMLParser):
    """The tags that are opened and closed, and their attributes."""

    VOID = frozenset({"meta", "br", "input", "rect", "line", "polyline"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag in self.VOID or self.open.pop() == tag


def test_the_report_says_what_was_decided_and_why() -> None:
    page = a_page()
    text = re.sub(r"<[^>]+>", " ", page)
    assert "churn: promote" in page
    assert "manual: requested by ada: because yes" in text
    assert re.search(r"accuracy 0\.\d{4} is at least 5\.0% above the champion&#x27;s 0\.\d{4}", text)
    assert "2026-02-24 to 2026-02-28" in text
    for metric in ("roc_auc", "log_loss", "calibration_error", "f1_weighted"):
        assert metric in text
    assert "plan = basic" in text
    for shown in ("gives the label away", "with a chance of 90%", "0.1234"):
        assert shown in text


def test_gates_come_before_metrics_and_small_slices_are_named() -> None:
    world, job_id = validated_world(min_slice_rows=400)
    page = world.ports.data.read(f"s3://artifacts/jobs/{job_id}/report.html").decode()
    assert page.index("<h2>Gates") < page.index("<h2>Metrics")
    assert "too few rows: 334 of 400" in page
    assert "<td data-name='p'>" in page
    assert "Drifted above" in page


def test_the_best_of_several_variants_is_marked() -> None:
    world, job_id = validated_world()
    job = world.job(job_id)
    assert job.validation is not None
    versions = [ModelVersion(number=number) for number in ("1", "2")]
    several = job.changed(variants=tuple(Variant(parameters={}, trained=version) for version in versions))
    assert variants_of(several, job.validation).count("<tr class=marked><td data-name='Version'>2</td>") == 1


@pytest.mark.parametrize(("base", "links"), [(None, 0), ("https://pages.example/ml", 2)])
def test_the_report_leads_to_other_pages_only_if_people_can_see_them(base: str | None, links: int) -> None:
    world, job_id = validated_world()
    world.ports.pages_url = base
    validate_model(JobReference(job_id=job_id), world.ports)
    page = world.ports.data.read(f"s3://artifacts/jobs/{job_id}/report.html").decode()
    assert page.count("<a href='https://pages.example/ml/") == links == page.count("<a ")


def test_its_digests_are_those_of_the_record() -> None:
    world, job_id = validated_world()
    job = world.job(job_id)
    assert job.validation is not None
    assert job.report_uri == f"s3://artifacts/jobs/{job_id}/report.html"
    page = world.ports.data.read(job.report_uri).decode()
    inputs = job.validation.inputs
    for digest in (job.validation.validation_hash, inputs.holdout_sha256, *inputs.predictions_sha256.values()):
        assert digest in page


def test_the_report_is_kept_with_the_run_in_mlflow_as_well() -> None:
    world, job_id = validated_world()
    assert world.ports.registry.documents["run"]["report.html"] == world.ports.data.read(
        f"s3://artifacts/jobs/{job_id}/report.html"
    )


@pytest.mark.parametrize(("own", "belongs"), [("own", "belongs to run 'own'"), (None, "belongs to no run")])
def test_a_run_that_is_not_the_challengers_own_gets_no_report(
    own: str | None, belongs: str, caplog: pytest.LogCaptureFixture
) -> None:
    world = World()
    job_id = world.scored_job(rows(1000, 0.95))
    world.ports.registry.run_of = lambda model_name, version: own  # type: ignore[method-assign]
    assert validate_model(JobReference(job_id=job_id), world.ports).next == "deploy"
    assert world.ports.registry.documents["run"] == {}
    assert f"training named run 'run', but version 2 of 'churn' {belongs}" in caplog.text


def test_a_registry_that_is_down_does_not_stop_a_validation(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    job_id = world.scored_job(rows(1000, 0.95))

    def down(*_: object) -> None:
        raise RegistryUnavailable("MLflow did not answer")

    world.ports.registry.keep_document = down  # type: ignore[method-assign]
    assert validate_model(JobReference(job_id=job_id), world.ports).next == "deploy"
    assert f"the report of job '{job_id}' is not in MLflow: MLflow did not answer" in caplog.text


@pytest.mark.parametrize("nasty", [False, True])
def test_every_tag_is_closed_and_none_could_run_or_fetch_anything(nasty: bool) -> None:
    tags = Tags(a_page(nasty=nasty))
    assert tags.open == []
    assert not tags.names & {"script", "img", "iframe", "link", "object", "embed", "a", "form"}
    assert not any(name.startswith("on") or name in ("src", "href") for name in tags.attributes)


def test_names_in_the_data_are_text() -> None:
    page = a_page(nasty=True)
    assert NASTY not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


def test_a_version_without_probabilities_has_no_curves() -> None:
    world = World()
    job_id = world.scored_job(rows(1000, 0.95))
    world.validate(job_id)
    page = world.ports.data.read(f"s3://artifacts/jobs/{job_id}/report.html").decode()
    assert "<h2>Curves</h2>" not in page
    assert "Confusion matrix" in page


def test_dots_of_the_calibration_say_how_many_rows_are_behind_them() -> None:
    counts = [int(count) for count in re.findall(r"<title>(\d+) rows</title>", a_page())]
    assert sum(counts) == 2 * ROWS
    radii = [float(radius) for radius in re.findall(r"r=([\d.]+)><title>", a_page())]
    assert max(radii) == MAX_RADIUS
    assert radii.index(max(radii)) == counts.index(max(counts[: len(counts) // 2]))


def test_a_page_is_small() -> None:
    assert len(a_page()) < 150_000
