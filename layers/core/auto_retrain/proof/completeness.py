"""Completeness: every record of a model in the table calls for an entry in its chain."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from ..domain.audit_findings import ChainFindings
from ..domain.decision_record import DecisionRecord
from ..domain.deployment_ledger import LedgerLine
from ..domain.ending import Ending
from ..domain.facts.ending import JobEnded
from ..domain.facts.fact import Fact
from ..domain.facts.policies import PolicyApplied
from ..domain.facts.promoting import Promoted
from ..domain.facts.triggering import JobOpened, TriggerJudged
from ..domain.job import RetrainingJob
from ..domain.policy.policy import AppliedPolicy
from .chain import MAX_SHOWN

# Facts whose id ends with the number of their line in the ledger.
_OF_A_LINE = ("weight-set", "mirror-set", "taken-back", "drill-moved")


class Wanted(NamedTuple):
    """A record, in words, when it was made, and the signs of which the facts of the chain must show one."""

    record: str
    at: datetime
    signs: frozenset[str]


def signs_of(fact: Mapping[str, Any]) -> Iterator[str]:
    """What a fact in a chain shows: its id, and if somebody else chose a version, which one, after which line."""
    yield str(fact.get("fact_id"))
    if fact.get("kind") == "champion_adopted" or fact.get("adopted") is True:
        yield _adopted(fact.get("version"), fact.get("deployment"))


def _adopted(version: object, after: object) -> str:
    """The sign of a version that somebody else chose; `after` is the line before, None for the first champion."""
    return f"adopted-{version}-after-{after}"


def facts_wanted(
    policies: Iterable[AppliedPolicy],
    jobs: Iterable[RetrainingJob],
    decisions: Iterable[DecisionRecord],
    lines: Iterable[LedgerLine],
) -> list[Wanted]:
    """What the records of a model call for."""
    wanted = [_of_policy(applied) for applied in policies]
    wanted += [each for job in jobs for each in _of_job(job)]
    wanted += [_of_decision(decision) for decision in decisions]
    return wanted + [_of_line(line) for line in lines]


def _of_policy(applied: AppliedPolicy) -> Wanted:
    fact = _id_of(PolicyApplied, model_name=applied.policy.model, version=applied.version)
    return Wanted(f"version {applied.version} of the policy", applied.applied_at, frozenset([fact]))


def _of_job(job: RetrainingJob) -> Iterator[Wanted]:
    opened = _id_of(JobOpened, job_id=job.job_id)
    yield Wanted(f"job {job.job_id} was opened", job.created_at, frozenset([opened]))
    if job.completed_at:
        # Its ending may have changed since, because its version was taken back.
        ended = {_id_of(JobEnded, job_id=job.job_id, ending=ending) for ending in Ending}
        yield Wanted(f"job {job.job_id} ended", job.completed_at, frozenset(ended))


def _of_decision(decision: DecisionRecord) -> Wanted:
    about = decision.model_dump(include={"model_name", "event_time", "key", "decision_hash"})
    record = f"decision {decision.key} of {decision.event_time:%F %T} UTC"
    return Wanted(record, decision.recorded_at, frozenset([_id_of(TriggerJudged, **about)]))


def _of_line(line: LedgerLine) -> Wanted:
    if line.change == "promoted":
        signs = {_id_of(Promoted, kind="promoted", job_id=line.job_id)}
    elif line.change == "adopted":
        is_first = line.previous_version is None
        signs = {_adopted(line.version.number, None if is_first else line.sequence - 1)}
    else:
        signs = {f"{line.model_name}-{kind}-{line.sequence}" for kind in _OF_A_LINE}
    record = f"line {line.sequence} of the ledger ({line.change.replace('_', ' ')})"
    return Wanted(record, line.deployed_at, frozenset(signs))


def _id_of(fact: type[Fact], **fields: Any) -> str:
    """The id of a fact of which only what is part of its id is known."""
    return fact.model_construct(**fields).fact_id


def with_completeness(
    findings: ChainFindings,
    wanted: Collection[Wanted],
    signs: Collection[str],
    since: datetime | None,
    max_shown: int = MAX_SHOWN,
) -> ChainFindings:
    """The findings about a chain, with the records of which the chain shows no sign, unless that was accepted.

    Records from before `since`, None for all, may have none: no chain was kept then.
    """
    missing = [each for each in wanted if each.signs.isdisjoint(signs)]
    lost = [each for each in missing if since is not None and each.at >= since]
    accepted = {record for each in findings.accepted for record in each.records}
    unrecorded = [each for each in lost if each.record not in accepted]
    return findings.changed(
        records=len(wanted) - len(missing) + len(unrecorded),
        older=len(missing) - len(lost),
        unrecorded=tuple(each.record for each in unrecorded[:max_shown]),
        unrecorded_count=len(unrecorded),
    )
