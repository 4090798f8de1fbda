"""`auto-retrain doctor`: checks that a deployment has everything it needs, and no more."""

import sys
from typing import Annotated

import typer

from ..domain.installation import Finding
from ..usecases.operating.doctor import check_installation
from .arguments import Json, ports_of
from .commands import Commands
from .printing import print_below, print_json

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
    """Check who you are in AWS, what you and the functions may do there, quotas, the clock, the table, the artifacts,
    MLflow, the data, metrics and logs of models, the channels to people and the cluster, and that functions may do
    there what they need and nothing else. Each problem comes with what to do about it. Exits with 1 if a check fails,
    or one that is needed cannot be made."""
    findings: list[Finding] = []
    for finding in check_installation(ports_of(context), None if is_self else GROUP, send):
        findings.append(finding)
        if not as_json:
            _print(finding)
    if as_json:
        print_json(findings)
    return 0 if all(finding.passes for finding in findings) else 1


def _print(finding: Finding) -> None:
    print_below(f"{_WORDS[finding.is_good]:4}  {finding.subject:28}  ", finding.text)
    if finding.remedy:
        print_below(f"{'':36}", f"fix: {finding.remedy}")
    sys.stdout.flush()
