"""The README of the local stack is short, and everything that it names exists."""

import re

import pytest

from local.paths import ROOT

FOLDER = ROOT / "local"
README = (FOLDER / "README.md").read_text()


def test_it_has_at_most_a_hundred_lines_of_at_most_120_characters() -> None:
    lines = README.splitlines()
    assert len(lines) <= 100
    assert max(map(len, lines)) <= 120


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)\)", README))
def test_every_link_leads_somewhere(link: str) -> None:
    assert (FOLDER / link).exists()


@pytest.mark.parametrize("names", re.findall(r"^\| (`[a-z_./]+`(?:, `[a-z_./]+`)*) \|", README, re.MULTILINE))
def test_every_folder_and_file_that_it_names_exists(names: str) -> None:
    assert all((FOLDER / name).exists() for name in re.findall(r"`([^`]+)`", names))


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`make ([a-z-]+)`", README))))
def test_every_make_target_that_it_names_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
