"""Reminds people of a rollout that a person has paused, so that nobody forgets it."""

from datetime import timedelta

from ...domain.analysis import RolloutEvidence
from ...domain.facts.taking_back import PauseLasts
from ...domain.rollout import Rollout
from ...domain.serving import ServingRecord
from ...ports import Ports
from ..audit.record import announce_alone
from ..lookup import newest_version, owner_in

REPEAT_TIME = timedelta(days=1)


def remind_of_pause(
    record: ServingRecord, rollout: Rollout, evidence: RolloutEvidence, ports: Ports
) -> RolloutEvidence:
    """Tell people once a day for as long as the pause lasts; the evidence says when."""
    at, pause = ports.clock.now(), rollout.intervention
    if pause is None or pause.kind != "pause":
        return evidence
    if at - max(pause.at, evidence.reminded_at or pause.at) < REPEAT_TIME:
        return evidence
    fact = PauseLasts(
        model_name=record.model_name,
        job_id=rollout.job_id,
        actor=pause.actor,
        at=at,
        since=pause.at,
        challenger=rollout.challenger.number,
        weight=rollout.weight,
        reason=pause.reason,
        owner=owner_in(newest_version(record.model_name, ports)),
    )
    return evidence.changed(reminded_at=at) if announce_alone(fact, ports) else evidence
