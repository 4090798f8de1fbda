"""`auto-retrain audit`: verifies the audit chains, exports them, and shows what they say about a job."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..domain.errors import AutoRetrainError, EventInvalid
from ..ports import Ports
from ..usecases.audit.export_audit import export_audit
from ..usecases.audit.show_audit import show_audit
from ..usecases.audit.verify_audit import verify_audit
from .arguments import add_job, add_model, id_of
from .audit_findings import print_findings
from .printing import moment, plain, print_json, print_table

VALID, BROKEN, UNKNOWN = 0, 1, 2


def add_commands(commands: Any) -> None:
    audit = commands.add_parser("audit", help="verify, export or show what was recorded")
    verbs = audit.add_subparsers(required=True, metavar="VERB")
    _add_verify(verbs)
    _add_export(verbs)
    show = verbs.add_parser(
        "show",
        help="show what was recorded about a job",
        description="Show the facts about a job in the order in which they were recorded, each with its number in the "
        "audit chain of the model.",
    )
    add_job(show)
    show.add_argument("--json", action="store_true", help="print JSON with all details")
    show.set_defaults(run=_show)


def _add_verify(verbs: Any) -> None:
    verify = verbs.add_parser(
        "verify",
        help="verify the audit chains",
        description="Verify the audit chains against each other, against the anchors, and against the records in the "
        "table. Exits with 0 if everything holds, 1 if something is broken, and 2 if something could not be checked.",
    )
    add_model(verify, help="only the chain of this model", nargs="?")
    verify.add_argument(
        "--from-anchor",
        action="store_true",
        help="read only the newest anchor, and of each chain only what was recorded after it",
    )
    verify.add_argument("--json", action="store_true", help="print JSON with all details")
    verify.set_defaults(run=_or_unknown(_verify))


def _add_export(verbs: Any) -> None:
    export = verbs.add_parser(
        "export",
        help="export the audit chains for somebody who verifies them elsewhere",
        description="Write the audit chains as JSON Lines, and the newest anchor beside them, as FILE.anchor.json.",
    )
    add_model(export, help="only the chain of this model", nargs="?")
    export.add_argument("--job", metavar="JOB", type=id_of("job"), help="only from the first fact about this job on")
    export.add_argument("--output", metavar="FILE", type=Path, required=True, help="where to write the entries")
    export.set_defaults(run=_export)


def _or_unknown(run: Callable[[argparse.Namespace, Ports], int]) -> Callable[[argparse.Namespace, Ports], int]:
    """What cannot be read was not verified, which is neither good nor broken."""

    def guarded(options: argparse.Namespace, ports: Ports) -> int:
        try:
            return run(options, ports)
        except AutoRetrainError as error:
            print(f"auto-retrain: {plain(str(error))}", file=sys.stderr)
            return UNKNOWN

    return guarded


def _verify(options: argparse.Namespace, ports: Ports) -> int:
    findings = verify_audit(options.model, options.from_anchor, ports)
    if options.json:
        print_json(findings)
    else:
        print_findings(findings)
    return BROKEN if findings.is_broken else UNKNOWN if findings.is_unknown else VALID


def _export(options: argparse.Namespace, ports: Ports) -> None:
    export = export_audit(options.model, options.job, ports)
    path: Path = options.output
    beside = path.with_name(f"{path.name}.anchor.json")
    count = -1  # the first line is no entry
    try:
        with path.open("w", encoding="utf-8", newline="\n") as file:
            for line in export.lines:
                file.write(f"{line}\n")
                count += 1
        if export.anchor:
            beside.write_bytes(export.anchor.document)
    except OSError as error:
        raise EventInvalid(f"--output {path}: {error.strerror}") from error
    print(plain(f"{count:,} entries in {path}"))
    if export.anchor:
        print(plain(f"their anchor is in {beside}; it is {export.anchor.key} in the bucket of anchors"))
    else:
        print("there is no anchor yet, so nothing shows that they were not written anew")


def _show(options: argparse.Namespace, ports: Ports) -> None:
    timeline = show_audit(options.job, ports)
    if options.json:
        print_json(timeline)
        return
    rows = [(moment(each.at), each.number, each.actor or "", each.sentence) for each in timeline]
    print_table(("TIME", "ENTRY", "ACTOR", "FACT"), rows)
