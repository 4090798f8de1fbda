"""Which classes were taken for which."""

import numpy as np

from auto_retrain.comparison.confusion import confusion_of
from auto_retrain.comparison.pair_up import pair_up
from tests.unit.builders import a_policy
from tests.unit.comparison.answers import of_classes


def test_the_confusion_matrix_tells_actual_from_predicted() -> None:
    right = np.ones(100, dtype=bool)
    right[1:21:2] = False  # labels are odd there: yes, taken for no
    confusion = confusion_of(pair_up(of_classes(right), None, a_policy(), 0))
    assert confusion is not None
    assert (confusion.classes, confusion.challenger, confusion.champion) == (("no", "yes"), ((50, 0), (10, 40)), None)
