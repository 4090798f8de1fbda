"""Facts have a stable id and a sentence for people."""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest
from pydantic import TypeAdapter

from auto_retrain.domain import facts
from auto_retrain.domain.ending import Ending
from auto_retrain.domain.facts.any_fact import AnyFact
from auto_retrain.domain.facts.ending import JobEnded
from auto_retrain.domain.facts.fact import AnnouncedFact, Escalation, Fact
from auto_retrain.domain.facts.policies import PauseOfModelLasts, PolicyApplied
from auto_retrain.domain.facts.promoting import ServingInForce
from auto_retrain.domain.facts.quarantine import QuarantineLifted, QuarantineSet
from auto_retrain.domain.facts.training import ProxyJudged, StepEnded
from auto_retrain.domain.status import RetrainingStatus
from tests.unit.builders import NOON

ABOUT: dict[str, Any] = {"model_name": "churn", "job_id": "churn-1", "actor": "ada", "at": NOON}
VALUES: dict[str, Any] = {
    "trigger_type": "manual",
    "outcome": "not_due",
    "ending": "promoted",
    "status": "completed",
    "approved": True,
    "adopted": True,
    "live": True,
    "seconds": 1.5,
    **dict.fromkeys(("since", "until", "event_time", "retrained_at", "told_at"), NOON),
    **dict.fromkeys(
        (
            "errors",
            "warnings",
            "rows",
            "in_a_row",
            "weeks",
            "deployment",
            "sequence",
            "weight",
            "share",
            "revision",
            "number",
            "proven",
            "damage_count",
        ),
        2,
    ),
    **dict.fromkeys(("number", "proven", "damage_count"), 3),
    "versions": ("3", "4"),
    "damages": ("entry 5 altered",),
    "records": ("job churn-1 was opened",),
    "intervention": "pause",
    "champions": (
        {"model_name": "churn", "version": "3", "reason": "worse", "taken_back": True}
        | {"told": 0, "owner": "ada", "at": NOON},
    ),
    "began": NOON,
    "forecast": {"usd": 0.04, "jobs": 5, "at_most": 0.4},
    "cost": {"pods": 0.03, "functions": 0.01, "transitions": 0.0003, "stored": 0.0001, "at_most": False}
    | {"unmeasured": False, "prices_as_of": "2025-01-01"},
    "waits": True,
    "told_with_others": False,
}
KINDS = [
    kind
    for file in iter_modules(facts.__path__, f"{facts.__name__}.")
    for kind in vars(import_module(file.name)).values()
    if isinstance(kind, type) and issubclass(kind, Fact) and kind.__module__ == file.name
    if kind not in (Fact, AnnouncedFact, Escalation)
]


def a_fact(kind: type[Fact]) -> Fact:
    """A fact of a kind, with a value in each of its own fields."""
    own = {name for name in kind.model_fields if name not in {*ABOUT, "kind"}}
    values = {
        **VALUES,
        "version": 3 if kind in (PolicyApplied, PauseOfModelLasts) else "3",
        "summary": "churn version 3 now serves",
    }
    if kind is ServingInForce:
        values |= {"weights": {"3": 100}}
    if kind is ProxyJudged:
        values |= {"outcome": "refused"}
    if kind is StepEnded:
        values |= {"outcome": "failed", "seconds": 7}
    return kind.model_validate({**ABOUT, **{name: values.get(name, name) for name in own}})


@pytest.mark.parametrize("kind", KINDS)
def test_every_fact_survives_serialisation_and_names_its_model(kind: type[Fact]) -> None:
    fact = a_fact(kind)
    restored: Fact = TypeAdapter(AnyFact).validate_json(fact.model_dump_json())
    assert restored == fact
    assert restored.fact_id == fact.fact_id
    assert "churn" in fact.sentence


def test_no_two_kinds_share_an_id() -> None:
    ids = [a_fact(kind).fact_id for kind in KINDS]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("ending", "fact_id"),
    [(Ending.PROMOTED, "churn-1-deployed"), (Ending.REJECTED, "churn-1-rejected"), (Ending.FAILED, "churn-1-failed")],
)
def test_the_end_of_a_job_keeps_the_event_id_that_it_always_had(ending: Ending, fact_id: str) -> None:
    fact = JobEnded(
        model_name="churn",
        job_id="churn-1",
        at=NOON,
        ending=ending,
        status=RetrainingStatus.COMPLETED,
        version="2",
        summary="it is over",
    )
    assert fact.fact_id == fact_id


def test_quarantines_keep_the_event_ids_that_they_always_had() -> None:
    moment = NOON.isoformat()
    blocked = QuarantineSet(model_name="churn", at=NOON, since=NOON, reason="gone", owner="team")
    lifted = QuarantineLifted(model_name="churn", at=NOON, since=NOON)
    by_hand = QuarantineLifted(model_name="churn", actor="ada", at=NOON, since=NOON, reason="repaired")
    ids = [fact.fact_id for fact in (blocked, lifted, by_hand)]
    assert ids == [f"churn-quarantined-{moment}", f"churn-lifted-{moment}", f"churn-quarantine-lifted-{moment}"]
