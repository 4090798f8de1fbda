"""`auto-retrain job`, `approve` and `decline`: shows a job, and decides whether its challenger may serve."""

import json
from typing import Annotated

import typer

from ..domain.comparison import MetricResult
from ..domain.job import RetrainingJob
from ..domain.numbers import shown_number, shown_p_value
from ..usecases.lookup import job_or_newest
from ..usecases.promoting.review import review_challenger
from .arguments import Actor, Job, JobOrModel, Json, actor_or_user, ports_of, reason_option
from .commands import Commands
from .printing import job_document, moment, outcome_of, print_below, print_json, print_table, print_whole, relative, say

commands = Commands()


@commands.add("approve", "approve churn-0123456789")
def approve(
    context: typer.Context,
    job: Job,
    reason: Annotated[str | None, reason_option("recorded with the job")] = None,
    actor: Actor = None,
    as_json: Json = False,
) -> None:
    """Approve a challenger that waits for a review, so that it is deployed. Repeating it does nothing."""
    reviewed = review_challenger(job, True, actor_or_user(actor), reason, ports_of(context))
    _print_review(reviewed, "approved", as_json)


@commands.add("decline", 'decline churn-0123456789 --reason "it is worse for new customers"')
def decline(
    context: typer.Context,
    job: Job,
    reason: Annotated[str, reason_option("recorded with the job and sent to people")],
    actor: Actor = None,
    as_json: Json = False,
) -> None:
    """Decline a challenger that waits for a review; it is not deployed. A review cannot be changed."""
    reviewed = review_challenger(job, False, actor_or_user(actor), reason, ports_of(context))
    _print_review(reviewed, "declined", as_json)


def _print_review(job: RetrainingJob, decision: str, as_json: bool) -> None:
    if as_json:
        print_json(job_document(job))
        return
    actor = job.review.actor if job.review else "nobody"
    say(f"{job.job_id}: version {job.challenger_version} {decision} by {actor}")


@commands.add("job", "job churn-0123456789")
def show(context: typer.Context, job: JobOrModel, as_json: Json = False) -> None:
    """Show one job: its data, metrics, gates and variants, and where its report is."""
    record = job_or_newest(job, ports_of(context))
    if as_json:
        print_json(job_document(record))
        return
    _print_job(record)


def _print_job(job: RetrainingJob) -> None:
    say(f"{job.job_id}  {job.trigger_type.value}  {outcome_of(job)}  {moment(job.created_at)}")
    print_below("", standing_of(job))
    print_data_check(job)
    print_metrics(job)
    if job.money:
        say(job.money)
    if job.report_uri:
        print_whole(f"report: {job.report_uri}")
    if job.trace_id:
        say(f"trace in X-Ray: {job.trace_id}")
    if job.variants:
        primary = job.validation.primary if job.validation else "metric"
        print_table(("VARIANT", "VERSION", primary.upper(), "GAIN", "P", "PARAMETERS"), _rows(job))


def print_data_check(job: RetrainingJob) -> None:
    if job.parts:
        print_below("data: ", job.parts)
    if job.data_check is None:
        return
    summary, power = job.data_check.summary, job.data_check.power
    print_below(
        "data: ",
        f"{summary.training.labelled} labelled training rows, {summary.holdout.labelled} labelled holdout rows",
    )
    print_below("chance of a promotion: ", job.data_check.overridden or power.reason)
    planned = job.data_check.proxy.reason if job.data_check.proxy else None
    if shown := job.proxy.reason if job.proxy else planned:
        print_below("proxy: ", shown)
    for finding in job.data_check.findings:
        print_below(f"{finding.severity}: ", f"{finding.check}: {finding.text}")


def print_metrics(job: RetrainingJob) -> None:
    if job.validation is None:
        return
    rows = [
        (
            f"{name}*" if name == job.validation.primary else name,
            *(_number(value) for value in (metric.value, metric.champion)),
            relative(metric.gain, metric.champion),
            _interval(metric),
            "-" if metric.p_value is None else shown_p_value(metric.p_value),
        )
        for name, metric in job.validation.metrics.items()
    ]
    print_table(("METRIC", "CHALLENGER", "CHAMPION", "GAIN", "95 % INTERVAL", "P"), rows)
    for verdict in job.validation.verdicts:
        print_below(f"{verdict.check}: ", f"{verdict.label}: {verdict.reason}")


def _interval(metric: MetricResult) -> str:
    if metric.gain_interval is None:
        return "-"
    lower, upper = (relative(bound, metric.champion) for bound in metric.gain_interval)
    return f"[{lower}, {upper}]"


def _number(value: float | None) -> str:
    return "-" if value is None else shown_number(value)


def standing_of(job: RetrainingJob) -> str:
    if job.status.is_terminal:
        return job.summary()
    if job.review_until and job.validation:
        ask = f"'auto-retrain approve {job.job_id}' or 'auto-retrain decline {job.job_id} --reason TEXT'"
        waits = f"version {job.challenger_version} waits for a review until {moment(job.review_until)}"
        return f"{waits} ({ask}): {job.validation.reason}"
    waits = f"{job.status.value}, and waits: {job.waits_for}; " if job.waits_for else ""
    return f"{waits}{job.trigger_reason}"


def _rows(job: RetrainingJob) -> list[tuple[object, ...]]:
    scores = {score.version: score for score in job.validation.variants} if job.validation else {}
    rows: list[tuple[object, ...]] = []
    for number, variant in enumerate(job.variants):
        score = scores.get(variant.version or "")
        chosen = "*" if variant.version and variant.version == job.challenger_version else ""
        cells = (
            shown_number(score.value) if score else "-",
            "-" if score is None or score.improvement is None else f"{score.improvement:+.1%}",
            "-" if score is None or score.p_value is None else shown_p_value(score.p_value),
        )
        parameters = json.dumps(variant.parameters) + (f" failed: {variant.error}" if variant.error else "")
        rows.append((f"{number}{chosen}", variant.version or "-", *cells, parameters))
    return rows
