"""`auto-retrain doctor`: checks that a deployment has everything it needs, and no more."""

import argparse
import json
from typing import Any

from ..domain.installation import Finding
from ..ports import Ports
from ..usecases.operating.doctor import check_installation
from .printing import plain

GROUP = "auto-retrain"
_WORDS = {True: "good", False: "BAD", None: "?"}


def add_commands(commands: Any) -> None:
    doctor = commands.add_parser(
        "doctor",
        help="check that a deployment has everything it needs, and no rights beyond that",
        description="Check that the table, the artifacts, MLflow, the cluster and the channels to people can be "
        "reached, and that functions "
        "may do what they need there and nothing else. Exits with 1 if a check fails or cannot be made.",
    )
    doctor.add_argument(
        "--self", action="store_true", help=f"check your own rights in the cluster, not those of the group {GROUP}"
    )
    doctor.add_argument("--send", action="store_true", help="also send a test message through each channel")
    doctor.add_argument("--json", action="store_true", help="print all findings as JSON")
    doctor.set_defaults(run=_run)


def _run(options: argparse.Namespace, ports: Ports) -> int:
    findings: list[Finding] = []
    for finding in check_installation(ports, None if options.self else GROUP, options.send):
        findings.append(finding)
        if not options.json:
            print(f"{_WORDS[finding.is_good]:4}  {finding.subject:28}  {plain(finding.text)}", flush=True)
    if options.json:
        print(json.dumps([finding.model_dump(mode="json") for finding in findings], indent=2))
    return 0 if all(finding.is_good for finding in findings) else 1
