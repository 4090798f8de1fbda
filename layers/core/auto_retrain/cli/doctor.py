"""`auto-retrain doctor`: checks that a deployment has everything it needs, and no more."""

import json
from typing import Annotated

import typer

from ..domain.installation import Finding
from ..usecases.operating.doctor import check_installation
from .arguments import Json, ports_of
from .commands import Commands
from .printing import plain

GROUP = "auto-retrain"
_WORDS = {True: "good", False: "BAD", None: "?"}

commands = Commands()


@commands.add("doctor", "doctor --self")
def doctor(
    context: typer.Context,
    is_self: Annotated[
        bool,
        typer.Option("--self", help=f"check your own rights in the cluster, not those of the group {GROUP}"),
    ] = False,
    send: Annotated[bool, typer.Option("--send", help="also send a test message through each channel")] = False,
    as_json: Json = False,
) -> int:
    """Check that the table, the artifacts, MLflow, the cluster and the channels to people can be reached, and that
    functions may do what they need there and nothing else. Exits with 1 if a check fails or cannot be made."""
    findings: list[Finding] = []
    for finding in check_installation(ports_of(context), None if is_self else GROUP, send):
        findings.append(finding)
        if not as_json:
            print(f"{_WORDS[finding.is_good]:4}  {finding.subject:28}  {plain(finding.text)}", flush=True)
    if as_json:
        print(json.dumps([finding.model_dump(mode="json") for finding in findings], indent=2))
    return 0 if all(finding.is_good for finding in findings) else 1
