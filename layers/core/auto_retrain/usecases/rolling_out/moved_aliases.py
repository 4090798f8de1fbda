"""Finds models whose alias somebody else has moved while nothing was under way, with one question for all of them."""

from collections.abc import Container
from concurrent.futures import Executor
from functools import partial

from ...domain.policy.policy import AppliedPolicy
from ...domain.serving import ServingRecord
from ...ports import Ports
from ..isolation import attempt

# Each costs a few calls. More than these at once is one event, such as a registry that was restored from a backup.
MAX_MOVED = 100


def moved_aliases(
    known: Container[str], problems: list[str], ports: Ports, pool: Executor
) -> list[tuple[ServingRecord, AppliedPolicy]]:
    """Models, but none that is `known`, whose alias is not the version that was deployed last, with their policies.

    What was promoted between two of the readings is among them, so the caller compares each again.
    """
    moved = attempt(partial(_moved, known, problems, ports), "aliases", problems) or {}
    if len(moved) > MAX_MOVED:
        problems.append(f"the aliases of {len(moved)} models were moved; {MAX_MOVED} of them are compared in this pass")
    names = sorted(moved)[:MAX_MOVED]
    records = pool.map(lambda name: attempt(partial(ports.ledger.serving, name), name, problems), names)
    return [(record, moved[record.model_name]) for record in records if record]


def _moved(known: Container[str], problems: list[str], ports: Ports) -> dict[str, AppliedPolicy]:
    champions = ports.registry.champions()
    return {
        state.model_name: applied
        for applied, state in ports.policies.fleet(problems)
        if state.serving and state.model_name not in known
        if champions.get(state.model_name) != state.serving.version
    }
