"""The page about policies that were tried on the past."""

from collections.abc import Mapping, Sequence

from ...domain.back_test import BackTest
from ...domain.trained_back_test import TrainedBackTest


def back_test_page(tests: Mapping[str, BackTest], trained: Sequence[TrainedBackTest] = ()) -> str:
    """The page as HTML, with a column for each policy, by the name that people gave it; `trained` are the same with
    their trainings, if these were carried out."""
    # Imported here: those who only want the numbers do not need it.
    from ...report import render_back_test

    return render_back_test(tests, trained)
