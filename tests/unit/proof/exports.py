"""Exports as somebody may change them, and the script of the manual that verifies them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from auto_retrain.domain.audit_chain import AuditEntry
from auto_retrain.ports import Ports
from auto_retrain.usecases.audit.export_audit import export_audit
from local.paths import ROOT
from tests.architecture.pages import the_block


def verifying_script() -> str:
    """As the manual has it."""
    return the_block(ROOT / "docs" / "audit.md", "python", "verify_audit.py")


class Exported:
    """The files of an export, as lists of lines."""

    def __init__(self, ports: Ports, model: str | None, job: str | None, folder: Path) -> None:
        export = export_audit(model, job, ports)
        assert export.anchor
        about, *entries = export.lines
        self.about: dict[str, Any] = json.loads(about)
        self.entries = [AuditEntry.model_validate_json(line) for line in entries]
        self.anchor: dict[str, Any] = json.loads(export.anchor.document)
        self._folder = folder

    def verified_by(self, script: Path, *options: str) -> subprocess.CompletedProcess[str]:
        export, anchor = self._folder / "export.jsonl", self._folder / "anchor.json"
        lines = [json.dumps(self.about), *(entry.model_dump_json() for entry in self.entries)]
        export.write_text("".join(f"{line}\n" for line in lines))
        anchor.write_text(json.dumps(self.anchor, sort_keys=True, separators=(",", ":")))
        # Isolated, so that it can import nothing of ours.
        command = [sys.executable, "-I", *options, str(script), str(export), str(anchor)]
        return subprocess.run(command, capture_output=True, text=True, check=False)
