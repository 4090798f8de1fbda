"""Extends a model's audit chain in DynamoDB: a change and the entries that speak of it are one transaction."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from ...domain.audit_chain import AuditEntry, ChainHead, entries_after
from ...domain.errors import RecordInvalid, StoreUnavailable
from ...domain.facts.fact import Fact
from .chain_items import claim_item, entry_item, head_item, unless_extended
from .refusals import CONDITION_OF_PART, CONFLICT_OF_PART, codes_of_parts
from .table import Table

# Few write about one model at the same time, and each attempt lets at least one of them through.
ATTEMPTS = 12
FIRST_WAIT, LONGEST_WAIT = 0.02, 1.0

Action = Mapping[str, Any]


class AuditChain:
    """Writes changes together with their facts: all of it or nothing, and each fact once, however often it is given.

    The head of the chain must still be the one that the entries extend; otherwise somebody else has written meanwhile,
    and the entries are made anew. Beside the entry of each fact, an item claims its id.
    """

    def __init__(self, table: Table, wait: Callable[[float], None] = time.sleep) -> None:
        self._table, self._wait = table, wait

    def write(self, actions: Sequence[Action], facts: Sequence[Fact]) -> bool:
        """Write some changes with the facts about them, all of one model; returns whether a fact was new.

        Raises:
            ClientError: a condition of the changes failed, and nothing was written.
            RecordTooLarge: a fact does not fit into an entry, and nothing was written.
            StoreUnavailable: others write about this model all the time, or the table is busy.
            RecordInvalid: the head of the chain is not at its end.
        """
        facts = list({fact.fact_id: fact for fact in facts}.values())
        for attempt in range(ATTEMPTS):
            if not facts:
                return self._without_facts(actions)
            head = self._table.head(facts[0].model_name)
            extension = _Extension(head, facts, entries_after(head, facts))
            try:
                self._table.transact(*actions, *extension.actions(self._table))
            except (ClientError, StoreUnavailable) as error:
                codes = codes_of_parts(error)
                if not _only_collided(codes, len(actions)):
                    raise
                if attempt == ATTEMPTS - 1:
                    name = extension.head.model_name
                    raise StoreUnavailable(f"others write about '{name}' all the time: {error}") from error
                facts = extension.unclaimed(codes[len(actions) :])
                self._table.forget_head(extension.head.model_name)
                self._wait(random.uniform(0, min(LONGEST_WAIT, FIRST_WAIT * 2**attempt)))
            else:
                self._table.learn_head(extension.entries[-1].head)
                return True
        raise AssertionError("the last attempt raises or returns")

    def _without_facts(self, actions: Sequence[Action]) -> bool:
        if actions:
            self._table.write(*actions)
        return False


def _only_collided(codes: Sequence[str], changes: int) -> bool:
    """Whether a transaction may succeed with the newest head: nothing was wrong with the changes themselves."""
    if CONDITION_OF_PART in codes[:changes]:
        return False
    return CONDITION_OF_PART in codes or CONFLICT_OF_PART in codes


class _Extension(NamedTuple):
    """Facts on their way into a chain that ends with this head, and the entries that hold them."""

    head: ChainHead
    facts: Sequence[Fact]
    entries: Sequence[AuditEntry]

    def actions(self, table: Table) -> list[Action]:
        """The claims of all facts, the new head, then the entries."""
        return [
            *({"Put": table.put_action(claim_item(fact), "attribute_not_exists(pk)")} for fact in self.facts),
            {"Put": table.put_action(head_item(self.entries[-1].head), *unless_extended(self.head))},
            *({"Put": table.put_action(entry_item(entry), "attribute_not_exists(pk)")} for entry in self.entries),
        ]

    def unclaimed(self, codes: Sequence[str]) -> list[Fact]:
        """The facts that nobody has written before, by the refusals of `actions`."""
        claims, (head, *entries) = codes[: len(self.facts)], codes[len(self.facts) :]
        if CONDITION_OF_PART in entries and head != CONDITION_OF_PART:
            raise RecordInvalid(
                f"the audit chain of '{self.head.model_name}' has an entry after number {self.head.number}, where its "
                f"head ends; see 'auto-retrain audit verify {self.head.model_name}'"
            )
        return [fact for fact, code in zip(self.facts, claims, strict=True) if code != CONDITION_OF_PART]
