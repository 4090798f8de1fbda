"""The screenshots in the documentation are of the pages as they are today."""

import pytest

from local.paths import ROOT
from tests.report.screenshots import IMAGES, NOTED, PAGES, noted

MAX_BYTES = 200_000


def test_they_show_the_present_pages() -> None:
    pages = {name: page() for name, page in PAGES.items()}
    assert NOTED.read_text() == noted(pages), "docs/images is stale: run `make screenshots`, and look at the images"


@pytest.mark.parametrize("name", PAGES)
def test_each_is_small_and_shown(name: str) -> None:
    image = (IMAGES / f"{name}.png").read_bytes()
    assert image.startswith(b"\x89PNG")
    assert len(image) < MAX_BYTES
    assert f"](images/{name}.png)" in (ROOT / "docs" / "reports.md").read_text()
