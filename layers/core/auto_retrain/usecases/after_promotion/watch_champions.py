"""Looks at all champions that were promoted lately: takes back what got worse, and tells people until they know."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import NamedTuple

from ...domain.errors import RollbackRefused
from ...domain.facts.after_promotion import ChampionFailed, PromotionFinal
from ...domain.messages.after_promotion import ChampionsWatched
from ...domain.messages.references import ScheduledEvent
from ...domain.policy.policy import AppliedPolicy, PolicyStatus
from ...domain.serving import ServingRecord
from ...domain.verdict import Verdict
from ...ports import Ports
from ..audit.record import record as record_fact
from ..isolation import attempt
from ..rolling_out.newest_record import on_newest
from ..rolling_out.settle import settle_now
from .acknowledge import end_reminders
from .decide import Decision, decide, is_judged
from .read_champions import judge_all
from .take_back_champion import take_back_champion
from .tell import tell

# Each waits for a few network calls at most.
PARALLEL_STEPS = 16


def watch_champions(tick: ScheduledEvent, ports: Ports) -> ChampionsWatched:
    """Make one pass over all watched champions, with one query for the records and batched reads of metrics.

    Nothing is read for a model that is not watched, and nothing is written about one that does well. Whatever goes
    wrong with one model is a problem of that model alone, and the next pass tries again.
    """
    at = tick.time or ports.clock.now()
    problems: list[str] = []
    records = ports.ledger.list_watched(problems)
    names = [record.model_name for record in records]
    policies = attempt(partial(ports.policies.newest, names, problems), "policies", problems) or {}
    with ThreadPoolExecutor(PARALLEL_STEPS) as pool:
        judged = [record for record in records if is_judged(record, policies.get(record.model_name))]
        verdicts = judge_all(judged, policies, at, problems, pool, ports)
        looks = [_Look(each, policies.get(each.model_name), verdicts.get(each.model_name), at) for each in records]
        due = [look for look in looks if look.is_due]
        steps = list(pool.map(partial(_attempt_step, problems, ports), due))
        anew = dict(zip(names, records, strict=True)) | _read_again(due, problems, ports)
        told = tell(list(anew.values()), policies, at, problems, pool, ports)
    done = Counter(steps)
    return ChampionsWatched(
        watched=sum(record.watch is not None for record in records),
        final=done["final"],
        taken_back=done["taken back"],
        failed=done["failed"],
        told=told,
        problems=tuple(sorted(problems)),
    )


class _Look(NamedTuple):
    """What is known of a champion at a moment."""

    record: ServingRecord
    applied: AppliedPolicy | None
    verdict: Verdict | None
    at: datetime

    @property
    def decision(self) -> Decision | None:
        return decide(self.record, self.applied, self.verdict, self.at)

    @property
    def forgets(self) -> bool:
        """Whether nobody needs reminders any more, because the model has left the fleet."""
        alert, applied = self.record.alert, self.applied
        is_open = alert is not None and alert.acknowledged is None
        return is_open and applied is not None and applied.status is PolicyStatus.REMOVED

    @property
    def is_due(self) -> bool:
        """Whether anything is to be done."""
        alert = self.record.alert
        return (alert is not None and not alert.settled) or self.forgets or self.decision is not None


def _read_again(looks: Sequence[_Look], problems: list[str], ports: Ports) -> dict[str, ServingRecord]:
    """The records that this pass may have changed, as they are now."""
    names = [look.record.model_name for look in looks]
    newest = {name: attempt(partial(ports.ledger.serving, name), name, problems) for name in names}
    return {name: record for name, record in newest.items() if record}


def _attempt_step(problems: list[str], ports: Ports, look: _Look) -> str:
    return attempt(partial(_step, look, ports), look.record.model_name, problems) or "problem"


def _step(look: _Look, ports: Ports) -> str:
    settle_now(look.record, ports)
    if look.forgets and look.applied:
        end_reminders(look.record.model_name, look.applied.applied_by, "the policy was removed", ports)
    decision = look.decision
    if decision is None:
        return "settled"
    if decision.step == "take back":
        return _take_back(look.record, decision, look.at, ports)
    step = partial(_warn if decision.step == "warn" else _finalise, decision, look.at, ports)
    on_newest(look.record.model_name, step, ports)
    return "failed" if decision.step == "warn" else "final"


def _take_back(record: ServingRecord, decision: Decision, at: datetime, ports: Ports) -> str:
    try:
        outcome = take_back_champion(record.model_name, decision.version, _failure(record, decision), at, ports)
    except RollbackRefused as error:
        on_newest(record.model_name, partial(_fail, decision, error, at, ports), ports)
        return "failed"
    return "nothing" if outcome.unchanged else "taken back"


def _failure(record: ServingRecord, decision: Decision) -> str:
    predecessor = record.watch.predecessor if record.watch else ""
    unknown = f"whether version {predecessor} would have got worse, too, cannot be known"
    return f"version {decision.version} got worse after its promotion: {decision.reason}; {unknown}"


def _fail(decision: Decision, error: RollbackRefused, at: datetime, ports: Ports, record: ServingRecord) -> None:
    if record.watches(decision.version):
        _note_failure(record.failed(f"{_failure(record, decision)}; {error}", at), ports)


def _warn(decision: Decision, at: datetime, ports: Ports, record: ServingRecord) -> None:
    if record.watches(decision.version):
        _note_failure(record.warned(_failure(record, decision), at), ports)


def _note_failure(record: ServingRecord, ports: Ports) -> None:
    """Note a failure after which the champion stays; people are told of it with all others."""
    alert = record.alert
    assert alert is not None
    fact = ChampionFailed(
        model_name=record.model_name, job_id=alert.job_id, at=alert.at, version=alert.version, reason=alert.reason
    )
    ports.ledger.note(record, fact)
    record_fact(fact, ports)


def _finalise(decision: Decision, at: datetime, ports: Ports, record: ServingRecord) -> None:
    version, reason = decision.version, decision.reason
    if record.champion is None or not record.watches(version):
        return
    fact = PromotionFinal(
        model_name=record.model_name, job_id=record.champion.job_id, at=at, version=version, reason=reason
    )
    ports.ledger.note(record.finalised(reason, at), fact)
    record_fact(fact, ports)
