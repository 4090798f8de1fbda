"""Reads what happened to the requests of all rollouts, and judges each of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial

from ...analysis import analyse
from ...domain.analysis import Analysis, RolloutEvidence
from ...domain.live import LiveCounts, LiveQuery, hold_began
from ...domain.policy.policy import AppliedPolicy
from ...domain.rollout import Rollout
from ...domain.serving import ServingRecord
from ...ports import Ports
from ..isolation import attempt

NO_POLICY = "the model has no policy that can be read"
# Because of a problem of the source that is named once, not for each of a thousand models.
UNCOUNTED = "its requests could not be counted"


def gather_analysis(
    opened: Iterable[tuple[ServingRecord, RolloutEvidence | None]],
    policies: Mapping[str, AppliedPolicy],
    problems: list[str],
    ports: Ports,
) -> dict[str, RolloutEvidence]:
    """The next evidence of each rollout, by model; one batched read of live counts for all of them.

    What cannot be read or judged is a problem, and evidence that lets nothing go on: unknown is never healthy.
    """
    at = ports.clock.now()
    rolling = {record.model_name: (record, evidence) for record, evidence in opened if record.rollout}
    queries = {
        name: _query(record, record.rollout, policies[name], at)
        for name, (record, _) in rolling.items()
        if record.rollout and name in policies
    }
    counts = dict(zip(queries, _read(list(queries.values()), problems, ports), strict=True))
    gathered = {}
    for name, (record, evidence) in rolling.items():
        assert record.rollout is not None
        of_model = counts.get(name) or LiveCounts.unknown(NO_POLICY)
        if of_model.problem not in (None, UNCOUNTED):
            problems.append(f"{name}: {of_model.problem}")
        gathered[name] = _judge(record, record.rollout, evidence, of_model, problems, at)
    return gathered


def _query(record: ServingRecord, rollout: Rollout, applied: AppliedPolicy, at: datetime) -> LiveQuery:
    # Built without validation, which was done when its parts were read: a policy is large, and there are many.
    return LiveQuery.model_construct(
        step=rollout.step,
        policy=applied.policy,
        rollout_id=rollout.job_id,
        champion=record.champion.version.number if record.champion else "",
        challenger=rollout.challenger.number,
        start=rollout.since,
        end=at,
    )


def _read(queries: Sequence[LiveQuery], problems: list[str], ports: Ports) -> list[LiveCounts]:
    if not queries:
        return []
    read = attempt(partial(ports.live.read, queries), "live counts", problems)
    if read is not None and len(read) != len(queries):
        problems.append(f"live counts: {len(read)} answers to {len(queries)} queries")
        read = None
    return [LiveCounts.unknown(UNCOUNTED)] * len(queries) if read is None else read


def _judge(
    record: ServingRecord,
    rollout: Rollout,
    before: RolloutEvidence | None,
    counts: LiveCounts,
    problems: list[str],
    at: datetime,
) -> RolloutEvidence:
    before = before if before and before.rollout_id == rollout.job_id else None
    judging = partial(analyse, rollout.deployment.analysis, rollout, before, counts, at)
    name = record.model_name
    after = attempt(judging, f"analysis of {name}", problems) or _unknown(name, rollout, before, at)
    if before:
        after = after.changed(kept_alive_at=before.kept_alive_at, reminded_at=before.reminded_at)
    return after.changed(model_name=name)


def _unknown(model_name: str, rollout: Rollout, before: RolloutEvidence | None, at: datetime) -> RolloutEvidence:
    """The evidence before, with nothing known any more; so it ends like any other hold without data."""
    same_step = before if before and before.step == rollout.step else None
    return RolloutEvidence(
        model_name=model_name,
        rollout_id=rollout.job_id,
        step=rollout.step,
        looked_at=at,
        counts=same_step.counts if same_step else LiveCounts(),
        processes=before.processes if before else {},
        analysis=Analysis(missing="the analysis failed, see the log"),
        held_since=hold_began(same_step.held_since if same_step else None, True, at),
        looks=before.looks if before else (),
    )
