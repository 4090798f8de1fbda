"""Lock files are complete, hashed, free of URLs, and consistent with each other."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from local.paths import ROOT

SOURCES = sorted(
    file for folder in ("layers", "functions", "local") for file in (ROOT / folder).rglob("*.in") if file.is_file()
)
DEV = ROOT / "local" / "requirements" / "dev.txt"
ALONE = {"bench", "bootstrap", "runtime", "sam", "security"}  # tools that never share a process with our code
TESTED = [source for source in SOURCES if source.stem not in ALONE]


def lock_of(source: Path) -> Path:
    return source.with_suffix(".txt")


def pins(lock: Path) -> dict[str, set[str]]:
    """Versions by package; several if they differ between Python versions or platforms."""
    versions: dict[str, set[str]] = defaultdict(set)
    for name, version in re.findall(r"^([a-z0-9._-]+)==([^\s;]+)", lock.read_text(), re.MULTILINE):
        versions[name].add(version)
    return versions


def names_in(source: Path) -> set[str]:
    lines = (line.partition("#")[0].strip() for line in source.read_text().splitlines())
    return {re.split(r"[\[<>=!~; ]", line)[0].lower() for line in lines if line and not line.startswith("-r")}


def relative(source: Path) -> str:
    return str(source.relative_to(ROOT))


@pytest.mark.parametrize("source", SOURCES, ids=relative)
def test_a_lock_file_pins_everything_that_its_source_requires(source: Path) -> None:
    assert names_in(source) <= set(pins(lock_of(source)))


@pytest.mark.parametrize("source", SOURCES, ids=relative)
def test_every_pin_has_a_hash(source: Path) -> None:
    requirements = re.split(r"\n(?=[a-z0-9])", lock_of(source).read_text())
    assert all("--hash=sha256:" in requirement for requirement in requirements if "==" in requirement)


@pytest.mark.parametrize("source", SOURCES, ids=relative)
def test_a_lock_file_contains_no_url(source: Path) -> None:
    assert not re.search(r"://|--(extra-)?index|--find-links|@ ", lock_of(source).read_text())


@pytest.mark.parametrize("source", TESTED, ids=relative)
def test_the_deployed_versions_are_the_tested_ones(source: Path) -> None:
    tested = pins(DEV)
    assert {name: versions for name, versions in pins(lock_of(source)).items() if not versions <= tested[name]} == {}
