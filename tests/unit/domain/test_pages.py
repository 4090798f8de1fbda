"""Messages lead to a page that is there, and only if people can see the pages."""

from typing import get_args

import pytest

from auto_retrain.domain.ending import Ending
from auto_retrain.domain.facts.any_fact import AnyFact
from auto_retrain.domain.facts.ending import JobEnded
from auto_retrain.domain.pages import _PAGES, address_of, page_of
from auto_retrain.domain.status import RetrainingStatus
from tests.unit.builders import NOON


@pytest.mark.parametrize(
    ("kind", "job_id", "page"),
    [
        ("job_ended", "churn-1", "jobs/churn-1/job.html"),
        ("review_requested", "churn-1", "jobs/churn-1/report.html"),
        ("pause_lasts", "churn-1", "jobs/churn-1/rollout.html"),
        ("job_opened", "churn-1", "fleet.html#model-churn"),
        ("version_taken_back", None, "fleet.html#model-churn"),
        ("quarantine_set", None, "fleet.html#model-churn"),
    ],
)
def test_a_fact_leads_to_the_page_that_is_there_by_then(kind: str, job_id: str | None, page: str) -> None:
    assert page_of(kind, "churn", job_id) == page


def test_every_kind_that_has_a_page_is_one_of_a_fact() -> None:
    union, _ = get_args(AnyFact)
    assert set(_PAGES) <= {kind.model_fields["kind"].default for kind in get_args(union)}


@pytest.mark.parametrize(
    ("base", "address"),
    [
        (None, None),
        ("https://ml.example", "https://ml.example/fleet.html"),
        ("https://ml.example/pages/", "https://ml.example/pages/fleet.html"),
        ("https://s3.example/object/BUCKET?prefix=", "https://s3.example/object/BUCKET?prefix=fleet.html"),
    ],
)
def test_an_address_is_the_base_and_the_path(base: str | None, address: str | None) -> None:
    assert address_of(base, "fleet.html") == address


def test_an_event_has_the_address_of_its_page_only_if_there_is_a_base() -> None:
    ended = JobEnded(
        model_name="churn",
        job_id="churn-1",
        at=NOON,
        ending=Ending.FAILED,
        status=RetrainingStatus.FAILED,
        version=None,
        summary="it failed",
    )
    assert ended.as_event().page is None
    assert ended.as_event("https://ml.example").page == "https://ml.example/jobs/churn-1/job.html"
