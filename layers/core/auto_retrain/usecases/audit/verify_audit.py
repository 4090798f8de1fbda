"""Verifies the audit chains of one model or of all, with all that is known of them elsewhere."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

from ...domain.anchors import MAX_UNCHANGED
from ...domain.audit_chain import AuditEntry
from ...domain.audit_findings import AnchorFindings, AuditFindings, ChainFindings
from ...domain.errors import AutoRetrainError, ModelUnknown, RecordInvalid
from ...ports import Ports
from ...proof.anchors import AnchorCheck
from ...proof.chain import check_chain
from ...proof.completeness import Wanted, facts_wanted, signs_of, with_completeness

# Each model takes a few network calls.
PARALLEL_MODELS = 16
# An hourly schedule may be some minutes late.
MAX_ANCHOR_AGE = MAX_UNCHANGED + timedelta(hours=2)
# A new chain is in the next anchor; people, whose facts may come first, have other clocks.
MAX_ANCHOR_DELAY = timedelta(hours=2)
# Between the machines of functions.
CLOCK_DIFFERENCE = timedelta(minutes=5)
ALL = 1_000_000


def verify_audit(model_name: str | None, from_anchor: bool, ports: Ports) -> AuditFindings:
    """What is wrong with the chains, and what could not be checked.

    With `from_anchor`, only the newest anchor is read, and of each chain only what came after it. Raises ModelUnknown
    for a model without a chain and without a policy.
    """
    # In this order nothing that is written meanwhile looks like damage: anchors, then records, heads and entries.
    anchors, about_anchors = _read_anchors(from_anchor, ports)
    names = [model_name] if model_name else _all_names(anchors, ports)
    check = partial(_check_model, anchors, from_anchor, ports)
    with ThreadPoolExecutor(PARALLEL_MODELS) as pool:
        chains = tuple(pool.map(check, names))
    if model_name and not chains[0].entries and chains[0].is_intact and not chains[0].not_checked:
        refuse_unknown(model_name, ports)
    return AuditFindings(at=ports.clock.now(), anchors=about_anchors, chains=chains)


def _read_anchors(newest_only: bool, ports: Ports) -> tuple[AnchorCheck, AnchorFindings]:
    check = AnchorCheck(None if newest_only else 1)
    try:
        newest = ports.anchors.newest() if newest_only else None
        check.read([newest] if newest else [] if newest_only else ports.anchors.history())
    except AutoRetrainError as error:
        return check, check.findings([f"the anchors could not be read: {error}"])
    return check, check.findings(_age_of(check, ports.clock.now()))


def _age_of(check: AnchorCheck, now: datetime) -> list[str]:
    if check.newest is None:
        return ["there is no anchor that can be read, so nothing shows that a chain was not written anew"]
    newest = f"the newest anchor is of {check.newest.at:%F %H:%M} UTC"
    if check.newest.at > now + CLOCK_DIFFERENCE:
        return [f"{newest}, which is yet to come: its clock or ours is wrong"]
    if now - check.newest.at > MAX_ANCHOR_AGE:
        return [f"{newest}, although there should be one each day"]
    return []


def _all_names(anchors: AnchorCheck, ports: Ports) -> list[str]:
    """Also of models whose chain or head somebody has deleted."""
    fleet = (applied.policy.model for applied, _ in ports.policies.fleet([]))
    return sorted({*anchors.hashes, *fleet, *(head.model_name for head in ports.audit.heads())})


def _check_model(anchors: AnchorCheck, from_anchor: bool, ports: Ports, model_name: str) -> ChainFindings:
    anchored = anchors.hashes.get(model_name, {})
    # The anchored entry itself is read again, because its hash is what everything before hangs on.
    begins_at = max(anchored, default=1) if from_anchor else 1
    signs: set[str] = set()
    problems: list[str] = []
    try:
        wanted = records_of(model_name, ports)
        head = ports.audit.head(model_name)
        entries = _until_unreadable(ports.audit.entries(model_name, begins_at - 1), problems)
        findings = check_chain(
            model_name,
            entries,
            anchored,
            head=head,
            newest_head=partial(ports.audit.head, model_name),
            begins_at=begins_at,
            note=lambda fact: signs.update(signs_of(fact)),
        )
    except AutoRetrainError as error:
        return ChainFindings(model_name=model_name, not_checked=(str(error),))
    findings = with_completeness(findings, wanted, signs, since(findings, anchors, from_anchor))
    return findings.changed(not_checked=(*findings.not_checked, *problems, *_unknown_to(anchors, findings)))


def _unknown_to(anchors: AnchorCheck, findings: ChainFindings) -> Iterator[str]:
    """That no anchor has a head of this chain, although one should; those of another deployment would not."""
    newest, is_known = anchors.newest, findings.model_name in anchors.hashes
    if newest and findings.first_at and not is_known and findings.first_at < newest.at - MAX_ANCHOR_DELAY:
        yield (
            "the anchors do not know this chain, although it is older than the newest of them, of "
            f"{newest.at:%F %H:%M} UTC: they may be those of another deployment"
        )


def records_of(model_name: str, ports: Ports) -> list[Wanted]:
    """The records of a model in the table, with the facts that the chain must have about them."""
    return facts_wanted(
        ports.policies.history(model_name),
        ports.jobs.list_recent(model_name, ALL),
        ports.decisions.recent(model_name, ALL),
        ports.ledger.lines(model_name, ALL),
    )


def _until_unreadable(entries: Iterable[AuditEntry], problems: list[str]) -> Iterator[AuditEntry]:
    """The entries before the first item that is none, which is where the chain then ends."""
    try:
        yield from entries
    except RecordInvalid as error:
        problems.append(str(error))


def since(findings: ChainFindings, anchors: AnchorCheck, from_anchor: bool = False) -> datetime | None:
    """When the chain began, or the part of it that was read: every record since then has its entry."""
    if from_anchor and findings.begins_at > 1:
        return anchors.newest.at + CLOCK_DIFFERENCE if anchors.newest else None
    known = [findings.first_at, anchors.first.at if anchors.first else None]
    return min((at for at in known if at), default=None)


def refuse_unknown(model_name: str, ports: Ports) -> None:
    if ports.policies.get(model_name) is None:
        raise ModelUnknown(f"there is neither a chain nor a policy of '{model_name}'; see 'auto-retrain models list'")
