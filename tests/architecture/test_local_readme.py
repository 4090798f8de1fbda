"""What the README of the local stack names exists, and it stays short."""

import re

import pytest

from local.paths import ROOT

FOLDER = ROOT / "local"
README = (FOLDER / "README.md").read_text()


def test_it_has_at_most_a_hundred_lines_that_fit_on_a_screen() -> None:
    lines = README.splitlines()
    assert len(lines) <= 100
    assert max(map(len, lines)) <= 120


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)\)", README))
def test_every_link_leads_somewhere(link: str) -> None:
    assert (FOLDER / link).exists()


@pytest.mark.parametrize("names", re.findall(r"^\| (`[a-z_./]+`(?:, `[a-z_./]+`)*) \|", README, re.MULTILINE))
def test_every_folder_and_file_that_is_named_exists(names: str) -> None:
    assert all((FOLDER / name).exists() for name in re.findall(r"`([^`]+)`", names))


@pytest.mark.parametrize("verb", sorted(set(re.findall(r"`make ([a-z-]+)`", README))))
def test_every_verb_that_is_named_exists(verb: str) -> None:
    assert re.search(rf"^{verb}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
