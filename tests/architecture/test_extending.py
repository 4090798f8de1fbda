"""The recipes name files that exist, and new ones where nothing is yet."""

import re

import pytest

from local.paths import CORE, ROOT

PAGE = (ROOT / "docs/extending.md").read_text()
ROWS = re.findall(r"^\| (\+ )?((?:`[^`]+`(?:, )?)+) \|", PAGE, re.MULTILINE)
NAMED = [(name, bool(new)) for new, names in ROWS for name in re.findall(r"`([^`]+)`", names)]
RECIPES = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)


def test_there_are_seven_recipes_with_a_new_file_each() -> None:
    assert len(RECIPES) == 7
    assert sum(new for _, new in NAMED) == 7


@pytest.mark.parametrize(("name", "new"), NAMED)
def test_a_recipe_names_files_that_exist_or_a_new_one_in_a_folder_that_does(name: str, new: bool) -> None:
    bases = [CORE / "auto_retrain", ROOT]
    if new:
        assert (bases[0] / name).parent.is_dir()
        assert not (bases[0] / name).exists()
    else:
        assert any((base / name).is_file() for base in bases)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([\w/]+/(?:[\w.]+)?)`", PAGE))))
def test_every_other_path_exists(name: str) -> None:
    assert any((base / name).exists() for base in (CORE / "auto_retrain", ROOT)) or (name, True) in NAMED
