"""Looks at all rollouts together: judges them, takes back, wakes executions, and reconciles what serves."""

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

from ...domain.analysis import RolloutEvidence
from ...domain.messages.references import ScheduledEvent
from ...domain.messages.rolling_out import RolloutsWatched
from ...domain.policy.policy import AppliedPolicy
from ...domain.serving import ServingRecord
from ...ports import Ports
from ..isolation import attempt
from .attend_rollout import Attended, attend
from .gather_analysis import gather_analysis
from .moved_aliases import moved_aliases
from .reconcile import reconcile
from .turns import whose_turn

# Each waits for a few network calls at most; a thousand of them must fit into a minute.
PARALLEL_STEPS = 16
MAX_REASONS = 20
RECONCILING_TIME = timedelta(seconds=20)
# Of rollouts that are not behind as far as we know: a few requests each, to notice what somebody else moved.
MAX_COMPARISONS = 100
# After these, the record is another one, and what had to follow has followed.
_CHANGED = ("rolled back", "over", "weighted", "changed meanwhile")


def watch_rollouts(tick: ScheduledEvent, ports: Ports) -> RolloutsWatched:
    """Make one pass over all rollouts, with one query for the records and one batched read of live counts.

    A look costs no state transition: an execution is answered only when there is something to do. Whatever goes wrong
    with one model is a problem of that model alone. Once an hour, the aliases of all other models are compared, too.
    """
    at, problems = ports.clock.now(), list[str]()
    opened = ports.ledger.list_open(problems)
    records = {record.model_name: record for record, _ in opened}
    rolling = [each for each in opened if each[0].rollout]
    looked_at = whose_turn(rolling, at)
    to_compare = _to_compare(list(records.values()), at)
    names = {record.model_name for record in [*to_compare, *(record for record, _ in looked_at)]}
    policies = attempt(partial(ports.policies.newest, sorted(names), problems), "policies", problems) or {}
    gathered = gather_analysis(looked_at, policies, problems, ports)
    with ThreadPoolExecutor(PARALLEL_STEPS) as pool:
        # Executions come first, because they die without an answer; alias and traffic can be slow to reach.
        attending = partial(_attend, records, gathered, problems, ports)
        attended = dict(zip(gathered, pool.map(attending, gathered), strict=True))
        _keep([each.evidence for each in attended.values() if each.evidence], problems, ports)
        untouched = [record for record in to_compare if _is_untouched(attended.get(record.model_name))]
        moved = moved_aliases(records, problems, ports, pool) if _is_hourly(tick.time or at) else []
        to_follow = [*((record, policies.get(record.model_name)) for record in untouched), *moved]
        until = ports.clock.now() + RECONCILING_TIME
        reconciled = list(pool.map(partial(_reconcile, problems, ports, until), to_follow))
    return _outcome(len(rolling), attended, reconciled, problems)


def _attend(
    records: Mapping[str, ServingRecord],
    gathered: Mapping[str, RolloutEvidence],
    problems: list[str],
    ports: Ports,
    name: str,
) -> Attended:
    attending = partial(attend, records[name], gathered[name], problems, ports)
    return attempt(attending, name, problems) or Attended("problem", gathered[name])


def _keep(evidence: Sequence[RolloutEvidence], problems: list[str], ports: Ports) -> None:
    if evidence:
        attempt(partial(ports.ledger.keep_evidence, evidence), "evidence", problems)


def _is_untouched(attended: Attended | None) -> bool:
    return attended is None or attended.done not in _CHANGED


def _to_compare(records: Sequence[ServingRecord], at: datetime) -> list[ServingRecord]:
    """All that are behind or drilled, and of the others a share that is the next one in each pass."""
    behind = [record for record in records if _is_pressing(record)]
    others = [record for record in records if not _is_pressing(record)]
    turn = int(at.timestamp() // 60) * MAX_COMPARISONS
    share = [others[(turn + place) % len(others)] for place in range(min(len(others), MAX_COMPARISONS))]
    return [*behind, *share]


def _is_hourly(at: datetime) -> bool:
    """Whether this is the pass in which the aliases of all models are compared: a question to the whole registry."""
    return at.minute == 0


def _is_pressing(record: ServingRecord) -> bool:
    return record.conflict is not None or record.drill is not None or not record.is_applied


def _reconcile(
    problems: list[str], ports: Ports, until: datetime, to_follow: tuple[ServingRecord, AppliedPolicy | None]
) -> str:
    record, applied = to_follow
    reconciling = partial(reconcile, record, applied, until, problems, ports)
    return attempt(reconciling, record.model_name, problems) or "unreconciled"


def _outcome(
    rollouts: int, attended: Mapping[str, Attended], reconciled: Sequence[str], problems: list[str]
) -> RolloutsWatched:
    done = Counter(each.done for each in attended.values()) + Counter(reconciled)
    held = {name: each.held for name, each in attended.items() if each.held}
    return RolloutsWatched(
        rollouts=rollouts,
        looked_at=len(attended),
        woken=done["woken"],
        weighted=done["weighted"],
        rolled_back=done["rolled back"],
        reconciled=done["reconciled"],
        unreconciled=done["unreconciled"],
        held=dict(sorted(held.items())[:MAX_REASONS]),
        problems=tuple(sorted(problems)),
    )
