"""Attends to one rollout: decides, takes back at once, wakes its execution or keeps it waiting."""

from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from ...domain.analysis import RolloutEvidence
from ...domain.errors import ServingConflict
from ...domain.names import spread_offset
from ...domain.people import SYSTEM_ACTOR
from ...domain.rollout import Rollout
from ...domain.serving import ServingRecord
from ...ports import Ports
from ...strategies import Hold, RollBack, SetWeight
from ..decide_rollout import decide
from ..isolation import attempt
from .expose import expose
from .publish_page import publish_page
from .remind_of_pause import remind_of_pause
from .take_back import abort_rollout
from .wake import wake

# A waiting state dies after thirty minutes without a sign of life. Each model has a period of its own within this
# span, so that the signs of many rollouts that began together do not stay together.
MIN_SILENCE, SILENCE_SPAN_MINUTES = timedelta(minutes=5), 5

# These change weights so often that an execution is not woken for each change.
WEIGHED_HERE = ("bandit",)


class Attended(NamedTuple):
    """What was done about a rollout, its evidence if that is to be stored, and why it stays where it is, if it does."""

    done: str
    evidence: RolloutEvidence | None
    held: str | None = None


def attend(record: ServingRecord, evidence: RolloutEvidence, problems: list[str], ports: Ports) -> Attended:
    """Look at a rollout once; an answer or an action that is repeated changes nothing.

    An execution that has ended without finishing its rollout is found out within minutes, whatever is decided.
    """
    rollout = record.rollout
    assert rollout is not None
    at = ports.clock.now()
    deciding = partial(decide, record, evidence, at)
    # One that cannot be judged still has to show that it is alive, or that nobody waits for it.
    action = attempt(deciding, f"strategy of {record.model_name}", problems) or Hold("its strategy failed, see the log")
    if isinstance(action, RollBack):
        return Attended(_abort(record, rollout, action.reason, evidence, problems, ports), None)
    if _is_due(record.model_name, evidence, at):
        evidence = evidence.changed(kept_alive_at=at)
        if not _is_awaited(rollout, ports):
            reason = "its execution ended without finishing it"
            return Attended(_abort(record, rollout, reason, evidence, problems, ports), None)
    if isinstance(action, Hold):
        reminding = partial(remind_of_pause, record, rollout, evidence, ports)
        reminded = attempt(reminding, f"reminder about {record.model_name}", problems)
        return Attended("held", reminded or evidence, action.reason)
    if isinstance(action, SetWeight) and rollout.deployment.strategy in WEIGHED_HERE:
        return Attended(_set_weight(record, rollout, action, ports), evidence)
    # Stored first: the execution decides once more, and on what was stored.
    ports.ledger.keep_evidence([evidence])
    wake(record, ports)
    return Attended("woken", None)


def _is_due(model_name: str, evidence: RolloutEvidence, at: datetime) -> bool:
    """Whether it is time for a sign of life, or to see whether anybody still waits."""
    extra = timedelta(minutes=spread_offset(model_name, "kept alive", SILENCE_SPAN_MINUTES))
    return evidence.kept_alive_at is None or at - evidence.kept_alive_at >= MIN_SILENCE + extra


def _is_awaited(rollout: Rollout, ports: Ports) -> bool:
    """Whether an execution waits for the rollout, or is still running between two waits."""
    if rollout.task_token and ports.executions.heartbeat(rollout.task_token):
        return True
    job = ports.jobs.get(rollout.job_id)
    return job is not None and not ports.executions.has_ended(job.execution_arn)


def _abort(
    record: ServingRecord, rollout: Rollout, reason: str, evidence: RolloutEvidence, problems: list[str], ports: Ports
) -> str:
    # Stored first: its page shows it, and once the rollout is over nobody has to look at it any more.
    attempt(partial(ports.ledger.keep_evidence, [evidence]), f"evidence of {record.model_name}", problems)
    outcome = abort_rollout(record.model_name, rollout.job_id, SYSTEM_ACTOR, reason, ports)
    return "over" if outcome.unchanged else "rolled back"


def _set_weight(record: ServingRecord, rollout: Rollout, action: SetWeight, ports: Ports) -> str:
    if (action.weight, action.step) == (rollout.weight, rollout.step):
        return "held"
    change = record.weighted(action.weight, action.step, SYSTEM_ACTOR, action.reason, ports.clock.now())
    try:
        weighted = expose(change, rollout.deployment.traffic, ports)
    except ServingConflict:
        return "changed meanwhile"
    publish_page(rollout, weighted, ports)
    return "weighted"
