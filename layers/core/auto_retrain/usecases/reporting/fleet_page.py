"""The page about the fleet, from few calls however many models there are."""

from ...domain.fleet_overview import FleetOverview, FleetRow
from ...domain.job import RetrainingJob
from ...ports import Ports
from .fleet_rows import Member, Ranked, concerns_about, row_of

# So many of the newest jobs are looked through for the last one of each model.
MAX_JOBS = 1_000


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
    jobs = _last_jobs(ports, unreadable)
    rows, concerns = list[FleetRow](), list[Ranked]()
    for applied, state in ports.policies.fleet(unreadable):
        name = applied.policy.model
        member = Member(applied, state, records.get(name), jobs.get(name))
        rows.append(row_of(member, at))
        concerns += concerns_about(member, at)
    by_urgency = sorted(concerns, key=lambda ranked: ranked.rank)
    return FleetOverview(at, rows, [ranked.concern for ranked in by_urgency], list(dict.fromkeys(unreadable)))


def _last_jobs(ports: Ports, unreadable: list[str]) -> dict[str, RetrainingJob]:
    """The last job of each model, among the newest ones and those that run."""
    jobs: dict[str, RetrainingJob] = {}
    for job in [*ports.jobs.list_active(unreadable), *ports.jobs.list_recent(None, MAX_JOBS)]:
        jobs.setdefault(job.model_name, job)
    return jobs
