"""The digest of the week: what retraining did, and what waits for a person."""

from datetime import date, timedelta

import pytest

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.cost import PricedCost
from auto_retrain.domain.ending import Ending
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.domain.model_state import Quarantine
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.policy.policy import PolicyStatus
from auto_retrain.usecases.notifying.notify import notify
from auto_retrain.usecases.notifying.send_digest import send_digest
from auto_retrain.usecases.notifying.summarize_fleet import summarize_fleet
from auto_retrain.usecases.reporting.fleet_page import overview
from auto_retrain.usecases.rolling_out.intervene import pause
from tests.contracts.ports.stores import LEASE, a_job
from tests.unit.builders import a_policy
from tests.unit.usecases.rollout_stages import at_first_weight

DAY = timedelta(days=1)


@pytest.fixture
def ports() -> MemoryPorts:
    return MemoryPorts()


def an_ended_job(
    ports: MemoryPorts, number: int, ending: Ending, days_ago: float, cost: PricedCost | None = None
) -> None:
    at = ports.clock.now() - days_ago * DAY
    challenger = ModelVersion(number="2")
    job = a_job(number, model=f"m-{number}", created_at=at - DAY, challenger=challenger, error="errors rose")
    ports.jobs.open_job(job, at + LEASE)
    ports.jobs.close_job(job.changed(status=ending.status, ending=ending, completed_at=at, cost=cost), retrained=True)


def test_it_counts_how_the_retrainings_of_the_week_ended_and_how_many_changed_nothing(ports: MemoryPorts) -> None:
    for number, (ending, days_ago) in enumerate(
        [
            (Ending.PROMOTED, 1),
            (Ending.REJECTED, 2),
            (Ending.REJECTED, 6.9),
            (Ending.ROLLED_BACK, 3),
            (Ending.FAILED, 8),
        ]
    ):
        an_ended_job(ports, number, ending, days_ago)
    ports.jobs.open_job(a_job(9, model="m-9", created_at=ports.clock.now()), ports.clock.now() + LEASE)
    summary = summarize_fleet(7, ports)
    assert summary.endings == {"promoted": 1, "rejected": 2, "rolled_back": 1}
    assert "4 retrainings ended (1 promoted, 2 rejected, 1 rolled back), of which 2 changed nothing" in summary.text
    assert summary.text.endswith("1 are running")
    assert [line.partition(" ")[0] for line in summary.changes] == ["m-0", "m-3"]
    assert summarize_fleet(14, ports).endings["failed"] == 1


def a_failed_job(ports: MemoryPorts, model: str, number: int, days_ago: int) -> None:
    at = ports.clock.now() - days_ago * DAY
    job = a_job(number, model=model, created_at=at - DAY, error="DataInvalid: no rows")
    ports.jobs.open_job(job, at + LEASE)
    ports.jobs.close_job(
        job.changed(status=Ending.FAILED.status, ending=Ending.FAILED, completed_at=at), retrained=False
    )


def test_it_names_the_retrainings_that_failed_the_newest_of_each_model(ports: MemoryPorts) -> None:
    for model, number, days_ago in (("m-1", 13, 3), ("m-1", 12, 2), ("m-2", 21, 1)):
        a_failed_job(ports, model, number, days_ago)
    summary = summarize_fleet(7, ports)
    assert summary.failed == ("m-2: m-2-21: DataInvalid: no rows", "m-1: m-1-12: DataInvalid: no rows (2 failed)")
    assert "Failed: m-2: m-2-21: DataInvalid: no rows" in summary.lines


@pytest.mark.parametrize("times", [1, 2])
def test_a_failed_job_that_waits_for_a_person_is_named_once(ports: MemoryPorts, times: int) -> None:
    ports.policies.apply(a_policy(model="m-1"), "ada", ports.clock.now())
    for number in range(1, times + 1):
        a_failed_job(ports, "m-1", number, days_ago=4 - number)
    summary = summarize_fleet(7, ports)
    (line,) = [line for line in summary.lines if f"m-1-{times}" in line]
    assert line.startswith(f"Waits for a person: m-1: its last job m-1-{times} failed: DataInvalid: no rows")
    assert summary.failed == (("m-1: 2 failed, the newest of which waits for a person",) if times > 1 else ())


def a_cost(usd: float) -> PricedCost:
    rest = {"functions": 0.0, "transitions": 0.0, "stored": 0.0, "at_most": False, "unmeasured": False}
    return PricedCost(pods=usd, prices_as_of=date(2025, 1, 1), **rest)


def test_it_says_what_the_week_cost_by_model_and_what_of_it_changed_nothing(ports: MemoryPorts) -> None:
    endings = (Ending.PROMOTED, Ending.ROLLED_BACK, Ending.REJECTED, Ending.FAILED, Ending.SKIPPED)
    for number in range(12):
        an_ended_job(ports, number, endings[number % 5], 1, a_cost(1.0 + number))
    summary = summarize_fleet(7, ports)
    assert "they cost $78.00, of which $39.00 changed nothing; 0 are running" in summary.text
    (line,) = [line for line in summary.lines if line.startswith("Cost: ")]
    assert line.startswith("Cost: m-11 $12.00, m-10 $11.00, ")
    assert line.endswith(", 2 others $3.00")
    an_ended_job(ports, 12, Ending.REJECTED, 1)
    assert "they cost at least $78.00" in summarize_fleet(7, ports).text


def test_a_quiet_week_says_so(ports: MemoryPorts) -> None:
    summary = summarize_fleet(7, ports)
    assert "none ended" in summary.text
    assert summary.lines == ("Nothing waits for a person",)


def test_what_waits_for_a_person_is_listed(ports: MemoryPorts) -> None:
    now = ports.clock.now()
    ports.policies.apply(a_policy(model="broken"), "ada", now)
    ports.states.set_quarantine("broken", Quarantine(since=now - 3 * DAY, reason="age is empty"))
    for name, days in (("off", 31), ("off-today", 0)):
        at = now - days * DAY
        ports.policies.apply(a_policy(model=name), "ada", at, status=PolicyStatus.PAUSED, note="redefined")
    lines = summarize_fleet(7, ports).lines
    assert [line.partition(" since")[0] for line in lines] == [
        "Waits for a person: broken: in quarantine",
        "Waits for a person: off: paused",
    ]
    assert lines[1].endswith("('auto-retrain models resume off', team@example.com)")


def test_the_digest_and_the_page_about_the_fleet_say_the_same_of_what_waits() -> None:
    world, _ = at_first_weight()
    pause("churn", "ada", "let me think", world.ports)
    world.ports.clock.advance(2 * DAY)
    (concern,) = overview(world.ports).concerns
    assert summarize_fleet(7, world.ports).waiting == (
        f"churn: {concern.reason} ('auto-retrain rollout churn resume --reason TEXT', team@example.com)",
    )


def test_it_is_sent_once_to_the_channels_of_what_is_normal(ports: MemoryPorts) -> None:
    del ports.channels["sns"]
    for _ in range(2):
        assert send_digest(ScheduledEvent(), ports).channels == ("slack",)
    notify(ScheduledEvent(), ports)
    assert [(name, len(channel.sent)) for name, channel in ports.channels.items()] == [("slack", 1), ("pagerduty", 0)]
    assert ports.channels["slack"].sent[0].title == "Digest of 7 days"


def test_it_leads_to_the_page_about_the_fleet(ports: MemoryPorts) -> None:
    ports.pages_url = "https://ml.example/pages"
    send_digest(ScheduledEvent(), ports)
    notify(ScheduledEvent(), ports)
    assert ports.channels["slack"].sent[0].page == "https://ml.example/pages/fleet.html"
