"""`auto-retrain status` and `reviews`: how the fleet or one model is, and what waits for a person."""

from collections import Counter

import typer

from ..domain.fleet_overview import FleetOverview
from ..domain.job import RetrainingJob
from ..usecases.reporting.fleet_page import overview
from ..usecases.reporting.model_status import ModelStatus, model_status
from .arguments import Json, ModelOrAll, ports_of
from .commands import Commands
from .printing import job_document, moment, print_below, print_json, print_table, print_whole, say

commands = Commands()


@commands.add("status", "status churn")
def status(context: typer.Context, model: ModelOrAll = None, as_json: Json = False) -> None:
    """Show how the fleet is and what needs a person; or of one model the champion, the rollout, the running job, the
    last decision, what holds it back, and when it is due next."""
    ports = ports_of(context)
    if model:
        one = model_status(model, ports)
        print_json(one) if as_json else _print_model(one)
        return
    fleet = overview(ports)
    if as_json:
        rows, concerns = [row._asdict() for row in fleet.rows], [each._asdict() for each in fleet.concerns]
        print_json({"at": fleet.at, "models": rows, "concerns": concerns, "unreadable": fleet.unreadable})
    else:
        _print_fleet(fleet)


def _print_fleet(fleet: FleetOverview) -> None:
    counts = Counter(row.health.value for row in fleet.rows)
    shares = ", ".join(f"{count} {health}" for health, count in counts.items())
    things = len(fleet.concerns)
    need = "nothing needs" if not things else "one thing needs" if things == 1 else f"{things:,} things need"
    say(f"models: {shares or 'none'}; {need} a person")
    for concern in fleet.concerns:
        print_below("  ", f"{concern.model}: {concern.reason}")
        print_whole(f"    {concern.command}")
    for problem in fleet.unreadable:
        print_below("cannot be read: ", problem)
    if fleet.rows:
        rows = [
            (row.model, row.health.value, row.champion or "-", row.job_outcome or "-", moment(row.next_due, "-"))
            for row in fleet.rows
        ]
        print_table(("MODEL", "HEALTH", "CHAMPION", "LAST JOB", "NEXT DUE"), rows)


def _print_model(model: ModelStatus) -> None:
    _line(model.model_name, f"{model.health.value}: {model.why}")
    served = f"version {model.champion} since {moment(model.champion_since)}" if model.champion else "none yet"
    _line("champion", served)
    _line("rollout", model.rollout or "none")
    running = f"{model.running_job}; see 'auto-retrain follow {model.model_name}'" if model.running_job else "none"
    _line("running job", running)
    if model.waits_for:
        _line("it waits", model.waits_for)
    if model.last_job and model.last_job != model.running_job:
        _line("last job", f"{model.last_job} {model.last_outcome}")
    decision = model.last_decision
    if decision:
        _line("last decision", f"{moment(decision.event_time)} {decision.outcome.replace('_', ' ')}: {decision.reason}")
    for hold in model.holds:
        _line("held back by", f"{hold.kind}: {hold.reason}")
    _line("next due", moment(model.next_due, "by no schedule"))
    for concern, command in zip(model.concerns, model.commands, strict=True):
        _line("needs a person", f"{concern}: {command}")


def _line(name: str, text: str) -> None:
    print_below(f"{name:15} ", text)


@commands.add("reviews", "reviews")
def reviews(context: typer.Context, as_json: Json = False) -> None:
    """List the challengers that wait for a review, the most urgent first, each with its deadline and the command that
    approves it."""
    active = ports_of(context).jobs.list_active()
    waiting = sorted((job for job in active if job.review_until), key=_deadline)
    if as_json:
        print_json([{**job_document(job), "review_until": _deadline(job)} for job in waiting])
    elif not waiting:
        say("no challenger waits for a review")
    else:
        rows = [
            (job.model_name, job.challenger_version, _deadline(job), f"auto-retrain approve {job.job_id}")
            for job in waiting
        ]
        print_table(("MODEL", "VERSION", "UNTIL", "COMMAND"), rows)


def _deadline(job: RetrainingJob) -> str:
    return moment(job.review_until)
