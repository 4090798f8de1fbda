"""Prints what a verification finds: a counted line for each question, and one for each thing that is wrong."""

from collections.abc import Iterable, Sequence

from ..domain.audit_findings import AnchorFindings, AuditFindings, ChainFindings
from .printing import print_below, say

_LEAD = "{:13} {:8}  "


def print_findings(findings: AuditFindings) -> None:
    chains = findings.chains
    _print_title(chains)
    _print_anchors(findings.anchors)
    _print_integrity(chains)
    _print_completeness(chains)
    _print_accepted(chains)
    _print_not_checked(findings)
    for chain in chains:
        _print_damages(chain)


def _print_title(chains: Sequence[ChainFindings]) -> None:
    entries = sum(chain.entries for chain in chains)
    times = [at for chain in chains for at in (chain.first_at, chain.last_at) if at]
    name = chains[0].model_name if len(chains) == 1 else f"{len(chains):,} models"
    span = f", {min(times):%F} … {max(times):%F}" if times else ""
    say(f"{name} · {entries:,} entries{span}")


def _print_anchors(anchors: AnchorFindings) -> None:
    text = f"{anchors.count:,} read"
    if anchors.newest_at:
        lock = f", locked until {anchors.locked_until:%F}" if anchors.locked_until else ", not locked"
        text += f"; the newest is {anchors.newest} of {anchors.newest_at:%F %H:%M} UTC{lock}"
    _print_row("anchors", text, _word(anchors.damages, anchors.not_checked))
    for damage in anchors.damages:
        print_below("  ", damage.sentence)


def _print_integrity(chains: Sequence[ChainFindings]) -> None:
    entries = sum(chain.entries for chain in chains)
    intact = sum(chain.is_intact for chain in chains)
    of = f" in {intact:,} of {len(chains):,} chains" if len(chains) != 1 else ""
    begins_at = chains[0].begins_at if len(chains) == 1 else 1
    text = f"{entries:,} entries{of}, from {begins_at:,} without a gap"
    broken = [chain for chain in chains if not chain.is_intact]
    accepted = any(chain.accepted for chain in chains)
    word = "BROKEN" if broken else "accepted" if accepted else "ok"
    _print_row("integrity", f"{entries:,} entries read{of}" if broken or accepted else text, word)
    anchored = sum(_anchored(chain) for chain in chains)
    waiting = entries - anchored
    later = f"; {waiting:,} after them wait for the next anchor" if waiting else ""
    _print_row("anchored", f"{anchored:,} entries up to those that anchors have{later}", "" if waiting else "ok")


def _anchored(chain: ChainFindings) -> int:
    return max(0, chain.anchored - chain.begins_at + 1)


def _print_completeness(chains: Sequence[ChainFindings]) -> None:
    records, older = sum(chain.records for chain in chains), sum(chain.older for chain in chains)
    missing = sum(chain.unrecorded_count for chain in chains)
    before = f"; {older:,} more are from before their chain" if older else ""
    text = f"{records - missing:,} of {records:,} records in the table have their entry{before}"
    _print_row("completeness", text, "BROKEN" if missing else "ok")


def _print_accepted(chains: Sequence[ChainFindings]) -> None:
    for chain in chains:
        for each in chain.accepted:
            print_below("accepted      ", f"{chain.model_name}: {each.sentence}")
            for text in (*each.damages, *(f"{record}, but no entry says so" for record in each.records)):
                print_below(" " * 16, text)


def _print_not_checked(findings: AuditFindings) -> None:
    for text in findings.anchors.not_checked:
        print_below("not checked   ", text)
    for chain in findings.chains:
        for text in chain.not_checked:
            print_below("not checked   ", f"{chain.model_name}: {text}")


def _print_damages(chain: ChainFindings) -> None:
    for damage in chain.damages:
        print_below("", f"{chain.model_name}: {damage.sentence}")
    if chain.damage_count > len(chain.damages):
        say(f"{chain.model_name}: and {chain.damage_count - len(chain.damages):,} more")
    if chain.damages:
        say(f"{chain.model_name}: proven up to entry {chain.proven}, anchored up to entry {chain.anchored}")
    for record in chain.unrecorded:
        print_below("", f"{chain.model_name}: {record}, but no entry says so")
    if chain.unrecorded_count > len(chain.unrecorded):
        say(f"{chain.model_name}: and {chain.unrecorded_count - len(chain.unrecorded):,} more")


def _word(damages: Iterable[object], not_checked: Iterable[object]) -> str:
    return "BROKEN" if any(damages) else "?" if any(not_checked) else "ok"


def _print_row(name: str, text: str, word: str) -> None:
    print_below(_LEAD.format(name, word), text)
