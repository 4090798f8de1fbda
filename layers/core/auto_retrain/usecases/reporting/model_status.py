"""How one model is at this moment: what serves, what runs, what was decided last, what holds it and what comes next."""

from ...domain.base import Record, UtcTime
from ...domain.decision_record import DecisionRecord, Hold
from ...domain.fleet_overview import Health
from ...domain.serving import ServingRecord
from ...domain.trigger_type import TriggerType
from ...holds.model import model_holds
from ...ports import Ports
from ..decide_rollout import outlook_of
from ..lookup import policy_of
from .fleet_rows import Member, concerns_about, row_of


class ModelStatus(Record):
    """One model; what is not known is None. `concerns` say why it needs a person, `commands` what to begin with."""

    model_name: str
    owner: str
    policy_version: int
    health: Health
    why: str
    champion: str | None
    champion_since: UtcTime | None
    rollout: str | None
    running_job: str | None
    waits_for: str | None
    last_job: str | None
    last_outcome: str | None
    last_decision: DecisionRecord | None
    holds: tuple[Hold, ...]
    next_due: UtcTime | None
    concerns: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


def model_status(model_name: str, ports: Ports) -> ModelStatus:
    """Read everything about a model that a person wants to know first; raises ModelUnknown."""
    applied, now = policy_of(model_name, ports), ports.clock.now()
    state, serving = ports.states.get(model_name), ports.ledger.serving(model_name)
    job = next(iter(ports.jobs.list_recent(model_name, 1)), None)
    member = Member(applied, state, serving, job)
    row, concerns = row_of(member, now), sorted(concerns_about(member, now))
    return ModelStatus(
        model_name=model_name,
        owner=row.owner,
        policy_version=applied.version,
        health=row.health,
        why=row.why,
        champion=serving.champion_number,
        champion_since=serving.champion.deployed_at if serving.champion else None,
        rollout=_rollout(serving, ports),
        running_job=state.owner_at(now),
        waits_for=job.waits_for if job else None,
        last_job=row.last_job,
        last_outcome=row.job_outcome,
        last_decision=next(iter(ports.decisions.recent(model_name, 1)), None),
        holds=tuple(model_holds(applied, state, TriggerType.SCHEDULED, now, now)),
        next_due=row.next_due,
        concerns=tuple(ranked.concern.reason for ranked in concerns),
        commands=tuple(ranked.concern.command for ranked in concerns),
    )


def _rollout(serving: ServingRecord, ports: Ports) -> str | None:
    """What the challenger gets, and what comes next."""
    rollout = serving.rollout
    if rollout is None:
        return None
    return f"version {rollout.challenger.number} gets {rollout.weight} %; {outlook_of(serving, ports)}"
