"""Facts about audit chains themselves."""

from typing import Literal

from .fact import AnnouncedFact


class ChainBreakAccepted(AnnouncedFact):
    """A person accepted that a chain is broken, so that it goes on after the break.

    `damages` are the first things that were wrong, in words, and `records` those in the table whose entry is lost.
    `damage_count` and `damages_hash` say what exactly is wrong with the entries before this one: nothing else is
    accepted. `proven` and `proven_hash` are of the last entry before all damage; 0 and None without one.
    """

    kind: Literal["chain_break_accepted"] = "chain_break_accepted"
    reason: str
    number: int
    proven: int
    proven_hash: str | None
    damage_count: int
    damages_hash: str
    damages: tuple[str, ...]
    records: tuple[str, ...]

    @property
    def fact_id(self) -> str:
        return f"{self.model_name}-break-accepted-{self.number}"

    @property
    def sentence(self) -> str:
        return (
            f"{self.actor} accepted a break in the audit chain of {self.model_name}, which is proven up to entry "
            f"{self.proven} and goes on with entry {self.number}: {self.reason}"
        )
