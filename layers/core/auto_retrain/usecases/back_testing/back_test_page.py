"""The page about policies that were tried on the past."""

from collections.abc import Mapping

from ...domain.back_test import CAVEAT, BackTest


def back_test_page(tests: Mapping[str, BackTest], caveat: str = CAVEAT) -> str:
    """The page as HTML, with a column for each policy, by the name that people gave it; `caveat` is true of all."""
    # Imported here: those who only want the numbers do not need it.
    from ...report import render_back_test

    return render_back_test(tests, caveat)
