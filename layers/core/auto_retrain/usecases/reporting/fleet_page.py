"""The page about the fleet, from few calls however many models there are."""

from datetime import datetime, timedelta
from itertools import islice

from ...domain.fleet_overview import FleetOverview, FleetRow
from ...domain.job import RetrainingJob
from ...ports import Ports
from .fleet_rows import Member, Ranked, concerns_about, row_of

# The state of a model names its last job. For one that an earlier release wrote, that is looked for among so many of
# the newest ones, which are no older than this.
MAX_JOBS = 1_000
MAX_AGE = timedelta(days=62)


def fleet_page(ports: Ports) -> str:
    """The page about all models as HTML."""
    # Imported here: those who only want the overview do not need it.
    from ...report import render_fleet

    return render_fleet(overview(ports))


def overview(ports: Ports) -> FleetOverview:
    """Every model and what needs a person; models that cannot be read are named."""
    at, unreadable = ports.clock.now(), list[str]()
    records = {record.model_name: record for record in ports.ledger.list_watched(unreadable)}
    records |= {record.model_name: record for record, _ in ports.ledger.list_open(unreadable)}
    jobs = _last_jobs(at, ports, unreadable)
    rows, concerns = list[FleetRow](), list[Ranked]()
    for applied, state in ports.policies.fleet(unreadable):
        name = applied.policy.model
        member = Member(applied, state, records.get(name), jobs.get(name))
        rows.append(row_of(member, at))
        concerns += concerns_about(member, at)
    by_urgency = sorted(concerns, key=lambda ranked: ranked.rank)
    return FleetOverview(at, rows, [ranked.concern for ranked in by_urgency], list(dict.fromkeys(unreadable)))


def _last_jobs(at: datetime, ports: Ports, unreadable: list[str]) -> dict[str, RetrainingJob]:
    """The last job of each model, among the newest ones and those that run."""
    jobs: dict[str, RetrainingJob] = {}
    newest = islice(ports.jobs.list_since(at - MAX_AGE), MAX_JOBS)
    for job in [*ports.jobs.list_active(unreadable), *newest]:
        jobs.setdefault(job.model_name, job)
    return jobs
