"""The page about a request of a person that opened no job: when it was made, what held it back, and what to do."""

from collections.abc import Iterator

from ..domain.decision_record import DecisionRecord
from ..domain.pages import job_path, row_path
from ..domain.timeline import Moment
from .html import definitions, document, links, paragraph, section, text
from .timeline import timeline
from .verdicts import verdict_table


def render_request(decision: DecisionRecord, reason: str | None, waits_for: str | None) -> str:
    """The page as HTML; `reason` is the person's. If the request waits, it does so for the job `waits_for`."""
    outcome = "waits" if waits_for else "held back"
    ways = [("all models", f"../../{row_path(decision.model_name)}")]
    if waits_for:
        ways.append((f"job {waits_for}, once it has ended", f"../../{job_path(waits_for)}"))
    head = (
        f"<header><h1>{text(decision.model_name)} <span class='badge inconclusive'>{outcome}</span></h1>"
        f"<p class=soft>decision {text(decision.name)}</p><p class=sentence>{text(decision.reason)}</p>"
        f"{paragraph(links(*ways))}</header>"
    )
    sections = [
        section("Timeline", timeline(list(_moments(decision, reason, waits_for)))),
        section("Triggers", verdict_table(decision.verdicts) if decision.verdicts else ""),
        section("What to do", definitions(*_commands(decision, waits_for))),
    ]
    return document(f"{decision.model_name}: {outcome}", head, *sections)


def _moments(decision: DecisionRecord, reason: str | None, waits_for: str | None) -> Iterator[Moment]:
    asked = f"by {decision.actor or 'somebody'}: {reason or 'no reason given'}"
    yield Moment(at=decision.event_time, title="Requested", text=asked)
    title = "Waits for its turn" if waits_for else f"Held back: {(decision.held_by or 'not due').replace('_', ' ')}"
    yield Moment(at=max(decision.recorded_at, decision.event_time), title=title, text=decision.reason)


def _commands(decision: DecisionRecord, waits_for: str | None) -> Iterator[tuple[str, str]]:
    model = text(decision.model_name)
    if waits_for:
        yield "nothing", f"it starts by itself once job {text(waits_for)} has ended"
        yield "what became of it", f"<code>auto-retrain jobs {model}</code>"
    else:
        yield "what holds it now", f"<code>auto-retrain why-not {model}</code>"
        yield "at once, if it may", f"<code>auto-retrain retrain {model} --reason TEXT --force</code>"
    yield "why", f"<code>auto-retrain explain {text(decision.name)}</code>"
    if decision.execution_arn:
        yield "execution", f"<code>{text(decision.execution_arn)}</code>"
