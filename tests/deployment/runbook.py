"""Reads docs/runbook.md: its sections by heading, and the rows of its tables by the names in their first cells."""

import re

from local.paths import ROOT

PAGE = ROOT / "docs" / "runbook.md"


def section(heading: str, level: int = 2) -> str:
    """The text below a heading, up to the next one of its level or above."""
    marks = "#" * level
    found = re.search(rf"^{marks} {re.escape(heading)}\n(.*?)(?=^#{{1,{level}}} |\Z)", PAGE.read_text(), re.M | re.S)
    assert found, f"docs/runbook.md has no '{marks} {heading}'"
    return found[1]


def entries(heading: str) -> dict[str, str]:
    """The texts below a heading by the headings one level down."""
    parts = re.split(r"^### (.+)\n", section(heading), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rows(text: str) -> dict[str, list[str]]:
    """What the tables in a text say about each name in code in their first column."""
    table = [[cell.strip() for cell in line.split(" | ")] for line in text.splitlines() if line.startswith("| `")]
    return {name: others for first, *others in table for name in re.findall(r"`([^`]+)`", first)}
