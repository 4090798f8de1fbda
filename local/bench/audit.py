"""Verifying an audit chain of 100,000 entries, and anchoring 10,000 chains."""

import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from auto_retrain.domain.anchors import StoredAnchor, next_anchor
from auto_retrain.domain.audit_chain import ChainHead, entries_after
from auto_retrain.domain.facts.fact import Fact
from auto_retrain.domain.facts.triggering import TriggerJudged
from auto_retrain.proof.anchors import AnchorCheck
from local.bench.figure import Figure

ENTRIES, MODELS = 100_000, 10_000
NOW = datetime(2026, 3, 1, tzinfo=UTC)

VERIFYING = """
import json, sys, time
from auto_retrain.domain.audit_chain import AuditEntry
from auto_retrain.proof.chain import check_chain
start = time.process_time()
with open(sys.argv[1], encoding="utf-8") as lines:
    findings = check_chain("bench", map(AuditEntry.model_validate_json, lines), {})
seconds = time.process_time() - start
assert findings.is_intact, findings
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([findings.entries, seconds, peak / 1000]))
"""


def measure() -> list[Figure]:
    return [*_verifying(), *_anchoring()]


def _verifying() -> list[Figure]:
    """In a process of its own, whose memory holds nothing else."""
    facts = [_fact(number) for number in range(ENTRIES)]
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        file.writelines(f"{each.model_dump_json()}\n" for each in entries_after(ChainHead(model_name="bench"), facts))
        file.flush()
        command = [sys.executable, "-c", VERIFYING, str(Path(file.name))]
        report = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    entries, seconds, megabytes = json.loads(report)
    assert entries == ENTRIES
    name = f"verifying {ENTRIES:,} audit entries"
    return [Figure(name, seconds, "CPU s", 2), Figure(f"{name}: memory", megabytes, "MB", 300)]


def _fact(number: int) -> Fact:
    """As long as most are."""
    at = NOW + timedelta(minutes=number)
    return TriggerJudged(
        model_name="bench",
        at=at,
        trigger_type="performance_degradation",
        outcome="suppressed",
        held_by="cool_down",
        reason="accuracy 0.87 of 12,400 rows is below 0.9, but the last attempt was 3 hours ago; wait 21 hours",
        event_time=at,
        key=f"{number:012x}",
        decision_hash=f"{number:064x}",
    )


def _anchoring() -> list[Figure]:
    heads = [ChainHead(model_name=f"model-{number:05}", number=1, hash=f"{number:064x}") for number in range(MODELS)]
    start = time.process_time()
    anchor = next_anchor(heads, NOW, None)
    assert anchor
    document = anchor.document
    anchoring = time.process_time() - start
    stored = StoredAnchor(
        key="audit/anchors/000000000001.json", document=document, locked_until=NOW + timedelta(days=1)
    )
    start = time.process_time()
    findings = AnchorCheck().read([stored]).findings()
    assert (findings.count, findings.damages, findings.not_checked) == (1, (), ())
    name = f"an anchor of {MODELS:,} chains"
    return [
        Figure(f"writing {name}", anchoring, "CPU s"),
        Figure(f"verifying {name}", time.process_time() - start, "CPU s"),
        Figure(f"{name}: size", len(document) / 1e6, "MB"),
    ]
