"""Every fact becomes an event that its published schema describes."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from auto_retrain.domain.channels import SEVERITIES
from auto_retrain.domain.events import MAX_EVENT_BYTES, FactEvent, JobEvent
from auto_retrain.domain.facts.after_promotion import ChampionsFailed, FailedChampion
from auto_retrain.domain.facts.fact import Fact
from local.paths import ROOT
from tests.unit.builders import NOON
from tests.unit.domain.test_facts import KINDS, a_fact

SCHEMA = json.loads((ROOT / "docs/events/version-1.json").read_text())


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(SCHEMA)
    return Draft202012Validator(SCHEMA)


@pytest.mark.parametrize("kind", KINDS)
def test_every_event_fits_the_published_schema(kind: type[Fact], validator: Draft202012Validator) -> None:
    event = a_fact(kind).as_event()
    document = json.loads(event.model_dump_json())
    validator.validate(document)
    assert (event.version, event.severity) == (1, SEVERITIES[event.topic])
    assert not validator.is_valid({**document, "kind": "nothing_known"})
    assert not validator.is_valid({**document, "version": 2})
    assert not validator.is_valid({**document, "fact": {"kind": "nothing_known"}})


@pytest.mark.parametrize("kind", KINDS)
def test_an_event_is_read_again_even_if_a_newer_release_added_fields(kind: type[Fact]) -> None:
    event = a_fact(kind).as_event()
    document: dict[str, Any] = {**json.loads(event.model_dump_json()), "added": 1}
    assert FactEvent.model_validate(document) == event


def test_the_failure_of_ten_thousand_champions_fits_into_an_event() -> None:
    champions = tuple(
        FailedChampion(
            model_name=f"m-{number}", version="2", reason="é" * 100, taken_back=True, told=0, owner="ada", at=NOON
        )
        for number in range(10_000)
    )
    event = ChampionsFailed(model_name="m-0", at=NOON, champions=champions).as_event()
    assert len(event.model_dump_json().encode()) <= MAX_EVENT_BYTES
    assert (event.models, event.fact) == (10_000, None)
    assert "9955 more" in event.sentence


@pytest.mark.parametrize(
    ("kind", "topic", "severity"),
    [
        ("started", "job_opened", "quiet"),
        ("deployed", "job_promoted", "normal"),
        ("rolled_back", "version_taken_back", "loud"),
        ("quarantined", "quarantine_set", "loud"),
        ("escalated", "escalated", "loud"),
    ],
)
def test_an_event_of_the_release_before_is_as_loud_as_its_fact_is_now(kind: str, topic: str, severity: str) -> None:
    old = JobEvent(event_id="j-1", kind=kind, job_id="j", model_name="churn", text="what happened", at=NOON)
    event = old.as_fact_event()
    assert (event.topic, event.severity, event.sentence) == (topic, severity, "what happened")
