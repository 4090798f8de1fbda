"""`auto-retrain audit`: verifies the audit chains, exports them, and shows what they say about a job."""

from pathlib import Path
from typing import Annotated

import typer

from ..domain.errors import AutoRetrainError, EventInvalid
from ..usecases.audit.accept_break import accept_break
from ..usecases.audit.export_audit import export_audit
from ..usecases.audit.show_audit import show_audit
from ..usecases.audit.verify_audit import verify_audit
from .arguments import Actor, Json, Model, ModelOrAll, Name, actor_or_user, id_of, ports_of, reason_option
from .audit_findings import print_findings
from .commands import Commands
from .pages import writable
from .printing import moment, print_json, print_table, remark, say

VALID, BROKEN, UNKNOWN, ACCEPTED = 0, 1, 2, 3


commands = Commands("audit")


@commands.add("verify", "audit verify churn", "verify the audit chains")
def verify(
    context: typer.Context,
    model: ModelOrAll = None,
    from_anchor: Annotated[
        bool,
        typer.Option(
            "--from-anchor", help="read only the newest anchor, and of each chain only what was recorded after it"
        ),
    ] = False,
    as_json: Json = False,
) -> int:
    """Verify the audit chains against each other, against the anchors, and against the records in the table. Exits
    with 0 if everything holds, 1 if something is broken, 2 if something could not be checked, and 3 if everything holds
    apart from breaks that somebody accepted."""
    try:
        findings = verify_audit(model, from_anchor, ports_of(context))
    except AutoRetrainError as error:
        # What cannot be read was not verified, which is neither good nor broken.
        remark(f"auto-retrain: {error!s}")
        return UNKNOWN
    if as_json:
        print_json(findings)
    else:
        print_findings(findings)
    if findings.is_broken or findings.is_unknown:
        return BROKEN if findings.is_broken else UNKNOWN
    return ACCEPTED if findings.has_accepted else VALID


@commands.add(
    "export", "audit export --output audit.jsonl", "export the audit chains for somebody who verifies them elsewhere"
)
def export(
    context: typer.Context,
    output: Annotated[
        Path, typer.Option("--output", metavar="FILE", callback=writable, help="where to write the entries")
    ],
    model: ModelOrAll = None,
    job: Annotated[
        str | None,
        typer.Option("--job", metavar="JOB", parser=id_of("job"), help="only from the first fact about this job on"),
    ] = None,
) -> None:
    """Write the audit chains as JSON Lines, and the newest anchor beside them, as FILE.anchor.json."""
    exported = export_audit(model, job, ports_of(context))
    beside = output.with_name(f"{output.name}.anchor.json")
    count = -1  # the first line is no entry
    try:
        with output.open("w", encoding="utf-8", newline="\n") as file:
            for line in exported.lines:
                file.write(f"{line}\n")
                count += 1
        if exported.anchor:
            beside.write_bytes(exported.anchor.document)
    except OSError as error:
        raise EventInvalid(f"--output {output}: {error.strerror}") from error
    say(f"{count:,} entries in {output}")
    if exported.anchor:
        say(f"their anchor is in {beside}; it is {exported.anchor.key} in the bucket of anchors")
    else:
        say("there is no anchor yet, so nothing shows that they were not written anew")


@commands.add("show", "audit show churn-0123456789", "show what was recorded about a job or a decision")
def show(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """Show the facts about a job, or about a decision that opened none, in the order in which they were recorded, each
    with its number in the audit chain of the model."""
    timeline = show_audit(name, ports_of(context))
    if as_json:
        print_json(timeline)
        return
    rows = [(moment(each.at), each.number, each.actor or "", each.sentence) for each in timeline]
    print_table(("TIME", "ENTRY", "ACTOR", "FACT"), rows)


@commands.add(
    "accept", "audit accept churn --reason 'table restored from the backup of 06:00'", "let a broken audit chain go on"
)
def accept(
    context: typer.Context,
    model: Model,
    reason: Annotated[str, reason_option("why it is broken, as far as is known; kept in the chain")],
    actor: Actor = None,
    as_json: Json = False,
) -> None:
    """Let a broken audit chain go on. An entry is appended that names what is wrong, the last entry that is proven, who
    accepted it and why. Every later verification says so; it repairs nothing and hides nothing. Find out first why the
    chain is broken."""
    fact = accept_break(model, reason, actor_or_user(actor), ports_of(context))
    if as_json:
        print_json(fact)
        return
    say(f"{model}: proven up to entry {fact.proven:,}; goes on with entry {fact.number:,}, which accepts the break")
    for text in (*fact.damages, *(f"{record}, but no entry says so" for record in fact.records)):
        say(f"  {text}")
