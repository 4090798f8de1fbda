"""What a verification of audit chains finds, by model."""

from typing import Literal

from .base import Record, UtcTime

# altered: an entry is not what was hashed; missing: numbers were left out; swapped: an entry is in another's place;
# duplicate: a number is there twice; forked: an entry continues another one than that before it; foreign: it belongs
# to another model; unreadable: it is not the canonical JSON of a fact; truncated: the end was cut off; rewritten: an
# anchor has another hash for this number; head: the stored head is not the last entry; anchor: an anchor is not what
# the one after it says, contradicts itself or another, or can be deleted.
DamageKind = Literal[
    "altered",
    "missing",
    "swapped",
    "duplicate",
    "forked",
    "foreign",
    "unreadable",
    "truncated",
    "rewritten",
    "head",
    "anchor",
]


class Damage(Record):
    """One thing that is wrong; `number` is that of the entry, or of the anchor if the `kind` is "anchor"."""

    kind: DamageKind
    number: int
    expected: str
    seen: str

    @property
    def sentence(self) -> str:
        named = self.kind in ("anchor", "head")
        what = f"{self.kind} {self.number}" if named else f"entry {self.number} {self.kind}"
        return f"{what}: expected {self.expected}, seen {self.seen}"


class AcceptedBreak(Record):
    """What a person accepted, as entry `number` says: the first `damages` in words, and `records` without an entry."""

    number: int
    at: UtcTime
    actor: str
    reason: str
    damages: tuple[str, ...]
    records: tuple[str, ...]

    @property
    def sentence(self) -> str:
        return (
            f"entry {self.number} of {self.at:%F %H:%M} UTC: {self.actor} accepted the break before it: {self.reason}"
        )


class ChainFindings(Record):
    """What is known of one model's chain.

    Integrity: `entries` were read from number `begins_at` on; `proven` is the last number before any damage, `anchored`
    the last one that an anchor vouches for. Completeness: of `records` in the table, `unrecorded` have no entry;
    `older` ones are from before the chain began. `accepted` are breaks after which the chain goes on, which count as no
    damage. `not_checked` says what could not be checked.
    """

    model_name: str
    begins_at: int = 1
    entries: int = 0
    first_at: UtcTime | None = None
    last_at: UtcTime | None = None
    proven: int = 0
    anchored: int = 0
    damages: tuple[Damage, ...] = ()
    damage_count: int = 0
    damages_hash: str = ""
    accepted: tuple[AcceptedBreak, ...] = ()
    records: int = 0
    older: int = 0
    unrecorded: tuple[str, ...] = ()
    unrecorded_count: int = 0
    not_checked: tuple[str, ...] = ()

    @property
    def is_intact(self) -> bool:
        return not self.damage_count

    @property
    def is_complete(self) -> bool:
        return not self.unrecorded_count


class AnchorFindings(Record):
    """What is known of the anchors themselves; `count` were read, the newest of which is from `newest_at`."""

    count: int = 0
    newest: int = 0
    newest_at: UtcTime | None = None
    locked_until: UtcTime | None = None
    damages: tuple[Damage, ...] = ()
    not_checked: tuple[str, ...] = ()


class AuditFindings(Record):
    """What a verification finds."""

    at: UtcTime
    anchors: AnchorFindings
    chains: tuple[ChainFindings, ...]

    @property
    def is_broken(self) -> bool:
        broken = any(not (chain.is_intact and chain.is_complete) for chain in self.chains)
        return broken or bool(self.anchors.damages)

    @property
    def has_accepted(self) -> bool:
        """Whether it only holds because somebody accepted breaks."""
        return any(chain.accepted for chain in self.chains)

    @property
    def is_unknown(self) -> bool:
        """Whether something could not be checked."""
        return bool(self.anchors.not_checked) or any(chain.not_checked for chain in self.chains)
