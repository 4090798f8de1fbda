"""Audit chains in memory; thread-safe."""

from collections.abc import Iterable, Iterator
from threading import RLock

from ...domain.audit_chain import AuditEntry, ChainHead, entries_after
from ...domain.errors import AuditConflict
from ...domain.facts.fact import Fact


class MemoryAuditLog:
    """AuditLog in dictionaries."""

    def __init__(self) -> None:
        self._entries: dict[str, list[AuditEntry]] = {}
        self._claimed: set[tuple[str, str]] = set()
        self._lock = RLock()

    def append(self, fact: Fact) -> bool:
        return self.extend([fact])

    def extend(self, facts: Iterable[Fact]) -> bool:
        """Append the facts about a change that is made next, with nothing in between that could fail."""
        with self._lock:
            new = {(fact.model_name, fact.fact_id): fact for fact in facts}
            new = {name: fact for name, fact in new.items() if name not in self._claimed}
            for (model_name, _), fact in new.items():
                self._entries.setdefault(model_name, []).extend(entries_after(self.head(model_name), [fact]))
            self._claimed.update(new)
            return bool(new)

    def resume(self, fact: Fact, after: ChainHead, head: ChainHead | None) -> None:
        with self._lock:
            entries = self._entries.get(fact.model_name, [])
            is_taken = any(entry.number > after.number for entry in entries)
            if head != self.head(fact.model_name) or is_taken or (fact.model_name, fact.fact_id) in self._claimed:
                raise AuditConflict(f"the audit chain of '{fact.model_name}' has changed since it was read")
            self._entries.setdefault(fact.model_name, []).extend(entries_after(after, [fact]))
            self._claimed.add((fact.model_name, fact.fact_id))

    def head(self, model_name: str) -> ChainHead:
        entries = self._entries.get(model_name)
        return entries[-1].head if entries else ChainHead(model_name=model_name)

    def heads(self) -> Iterator[ChainHead]:
        return map(self.head, sorted(self._entries))

    def entries(self, model_name: str, after: int = 0) -> Iterator[AuditEntry]:
        return (entry for entry in self._entries.get(model_name, []) if entry.number > after)
