"""Looks at all champions that were promoted lately: takes back what got worse, and tells people until they know."""

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

from ...domain.errors import RollbackRefused
from ...domain.facts.after_promotion import PromotionFinal
from ...domain.messages.after_promotion import ChampionsWatched
from ...domain.messages.references import ScheduledEvent
from ...domain.serving import ServingRecord
from ...domain.verdict import Verdict
from ...ports import Ports
from ..audit.record import record as record_fact
from ..isolation import attempt
from ..rolling_out.newest_record import on_newest
from ..rolling_out.settle import settle_now
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
        verdicts = judge_all(records, policies, at, problems, pool, ports)
        due = [record for record in records if _is_due(record, verdicts.get(record.model_name), at)]
        steps = list(pool.map(partial(_attempt_step, verdicts, at, problems, ports), due))
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


def _is_due(record: ServingRecord, verdict: Verdict | None, at: datetime) -> bool:
    """Whether anything is to be done about a champion; while a challenger rolls out, the metric is that of both."""
    if record.alert and not record.alert.settled:
        return True
    if record.watch is None or record.rollout or record.conflict:
        return False
    return at >= record.watch.until or (verdict is not None and verdict.met)


def _read_again(records: Sequence[ServingRecord], problems: list[str], ports: Ports) -> dict[str, ServingRecord]:
    """The records that this pass may have changed, as they are now."""
    names = [record.model_name for record in records]
    newest = {name: attempt(partial(ports.ledger.serving, name), name, problems) for name in names}
    return {name: record for name, record in newest.items() if record}


def _attempt_step(
    verdicts: Mapping[str, Verdict], at: datetime, problems: list[str], ports: Ports, record: ServingRecord
) -> str:
    step = partial(_step, record, verdicts.get(record.model_name), at, ports)
    return attempt(step, record.model_name, problems) or "problem"


def _step(record: ServingRecord, verdict: Verdict | None, at: datetime, ports: Ports) -> str:
    settle_now(record, ports)
    if not _is_due(record.changed(alert=None), verdict, at) or record.champion is None:
        return "settled"
    version = record.champion.version.number
    if verdict and verdict.met:
        return _take_back(record, version, verdict, at, ports)
    reason = verdict.reason if verdict else "it could not be judged"
    on_newest(record.model_name, partial(_finalise, version, reason, at, ports), ports)
    return "final"


def _take_back(record: ServingRecord, version: str, verdict: Verdict, at: datetime, ports: Ports) -> str:
    predecessor = record.watch.predecessor if record.watch else ""
    unknown = f"whether version {predecessor} would have got worse, too, cannot be known"
    reason = f"version {version} got worse after its promotion: {verdict.reason}; {unknown}"
    try:
        outcome = take_back_champion(record.model_name, version, reason, at, ports)
    except RollbackRefused as error:
        on_newest(record.model_name, partial(_fail, version, f"{reason}; {error}", at, ports), ports)
        return "failed"
    return "nothing" if outcome.unchanged else "taken back"


def _fail(version: str, reason: str, at: datetime, ports: Ports, record: ServingRecord) -> None:
    if _is_watched(record, version):
        ports.ledger.note(record.failed(reason, at))


def _finalise(version: str, reason: str, at: datetime, ports: Ports, record: ServingRecord) -> None:
    if not _is_watched(record, version) or record.champion is None:
        return
    ports.ledger.note(record.finalised(reason, at))
    fact = PromotionFinal(
        model_name=record.model_name, job_id=record.champion.job_id, at=at, version=version, reason=reason
    )
    record_fact(fact)


def _is_watched(record: ServingRecord, version: str) -> bool:
    return record.watch is not None and record.champion is not None and record.champion.version.number == version
