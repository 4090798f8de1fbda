"""Parses the documentation pages: links, anchors, code spans and code blocks."""

import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

from local.paths import ROOT

README = ROOT / "README.md"
MANUAL = sorted((ROOT / "docs").glob("*.md"))
BESIDE = [ROOT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")]
WITH_THE_CONTAINER = sorted((ROOT / "functions" / "train_model").rglob("README.md"))
PAGES = [README, *BESIDE, *MANUAL, *WITH_THE_CONTAINER]

_BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`]+)`")


class Block(NamedTuple):
    """A fenced code block."""

    page: Path
    language: str
    text: str


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, language: str) -> list[Block]:
    every = [Block(page, kind, dedent(text)) for kind, text in _BLOCK.findall(page.read_text())]
    return [block for block in every if block.language == language]


def all_blocks(language: str) -> list[Block]:
    return [block for page in PAGES for block in blocks(page, language)]


def the_block(page: Path, language: str, containing: str) -> str:
    (block,) = (block for block in blocks(page, language) if containing in block.text)
    return block.text


def prose(page: Path) -> str:
    """The text outside code blocks."""
    return _BLOCK.sub("", page.read_text())


def spans(page: Path) -> list[str]:
    """Code within the text; a span can continue on the next line."""
    return [" ".join(span.split()) for span in _SPAN.findall(prose(page))]


def shell_lines(page: Path) -> Iterator[str]:
    """Command lines, with continued lines joined."""
    for block in blocks(page, "sh"):
        yield from block.text.replace("\\\n", " ").splitlines()


def links(page: Path) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", _SPAN.sub("", prose(page)))


def linked_page(page: Path, link: str) -> Path:
    path = link.partition("#")[0]
    return (page.parent / path).resolve() if path else page


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes from the headings."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
