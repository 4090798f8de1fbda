"""The page about a job, however it ended: what happened when, why, and where the rest is."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..domain.deployment_ledger import LedgerLine
from ..domain.ending import Ending
from ..domain.job import RetrainingJob
from ..domain.pages import row_path
from ..domain.policy.policy import Policy
from ..domain.timeline import timeline_of
from .about import about_job
from .background import data_of, drift_of, trigger_section
from .costs import costs_of
from .html import definitions, document, links, paragraph, section, table, text
from .intervals import intervals_of
from .over_time import over_time
from .proxy import proxy_of
from .results import variants_of
from .timeline import timeline
from .verdicts import verdict_table


class Place(NamedTuple):
    """A document about a job: what it is, its path beside the page, and its URI."""

    what: str
    path: str
    uri: str


def render_job(
    job: RetrainingJob,
    lines: Sequence[LedgerLine],
    places: Sequence[Place],
    policy: Policy | None = None,
    *,
    linked: bool,
) -> str:
    """The page about a job as HTML; `lines` are those of the ledger while it ran, oldest first.

    If it is `linked`, it lies beside its documents, so that the paths lead to them.
    """
    outcome = (job.ending or job.status).value
    sections = [
        section("Timeline", timeline(timeline_of(job, lines))),
        section("Why it failed", _failure(job) if job.ending is Ending.FAILED else ""),
        section("Weight", _weights(lines)),
        section("Gates", verdict_table(job.validation.verdicts) if job.validation else ""),
        section("Compared with the champion", _compared(job)),
        section("Why it was retrained", trigger_section(job)),
        section("Variants", _variants(job)),
        section("What a proxy showed", proxy_of(job)),
        section("Data", data_of(job)),
        section(
            "Drift from training to holdout",
            drift_of(job.data_check, policy),
        ),
        section("Cost", costs_of(job)),
        section("Where the rest is", definitions(*_elsewhere(job, places, linked))),
    ]
    return document(f"{job.model_name}: {outcome}", _head(job, outcome, policy, places if linked else None), *sections)


def _head(job: RetrainingJob, outcome: str, policy: Policy | None, places: Sequence[Place] | None) -> str:
    sentence = job.summary() if job.ending else f"{job.trigger_type.value}: {job.trigger_reason}"
    ways = [] if places is None else [("all models", f"../../{row_path(job.model_name)}")]
    ways += [(place.what, place.path) for place in places or ()]
    return (
        f"<header><h1>{text(job.model_name)} <span class='badge {outcome}'>{outcome.replace('_', ' ')}</span></h1>"
        f"<p class=soft>{text(job.job_id)}</p><p class=sentence>{text(sentence)}</p>"
        f"{about_job(job, policy)}{paragraph(links(*ways)) if ways else ''}</header>"
    )


def _failure(job: RetrainingJob) -> str:
    name, _, reason = (job.error or "Unknown").partition(": ")
    return definitions(
        ("error", f"<code>{text(name)}</code>"),
        ("reason", text(reason or name)),
        ("step", text(job.last_step) if job.last_step else "before any step in the cluster"),
        ("what to do", f"look for <code>{text(name)}</code> under Errors in docs/runbook.md"),
        ("again, once mended", f"<code>auto-retrain retrain {text(job.model_name)} --reason TEXT --force</code>"),
    )


def _weights(lines: Sequence[LedgerLine]) -> str:
    if not any(line.change == "weight" for line in lines):
        return ""
    series = [(line.deployed_at, 100.0 if line.change == "promoted" else float(line.weight)) for line in lines]
    return over_time("percent of the requests that the challenger answers", series, steps=True)


def _compared(job: RetrainingJob) -> str:
    result = job.validation
    if result is None:
        return ""
    about = f"{result.holdout_rows} holdout rows; 95 % intervals; dashed: what the gates ask for"
    return paragraph(f"<span class=soft>{text(about)}</span>") + intervals_of(result)


def _variants(job: RetrainingJob) -> str:
    if job.validation:
        return variants_of(job, job.validation)
    rows = [(text(variant.version or "-"), text(variant.error or "trained")) for variant in job.variants]
    return table(("Version", "Outcome"), rows) if rows else ""


def _elsewhere(job: RetrainingJob, places: Sequence[Place], linked: bool) -> Iterator[tuple[str, str]]:
    for place in places:
        uri = f"<code>{text(place.uri)}</code>"
        yield place.what, f"<a href='{text(place.path)}'>{text(place.path)}</a><br>{uri}" if linked else uri
    yield "the whole record", f"<code>auto-retrain job {text(job.job_id)} --json</code>"
    yield "every fact about it", f"<code>auto-retrain audit show {text(job.job_id)}</code>"
    yield "execution", f"<code>{text(job.execution_arn)}</code>"
    if job.trace_id:
        yield "trace", f"<code>{text(job.trace_id)}</code>"
