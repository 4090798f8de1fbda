"""An estimator that labels contradict twice in four windows is not trusted; a sound one seldom is so by chance."""

import numpy as np
import pytest

from auto_retrain.statistics.trust import Checked, are_off

RIGHT, OFF = Checked(0.9, 0.91, (0.88, 0.92)), Checked(0.9, 0.87, (0.88, 0.92))


@pytest.mark.parametrize(
    ("checked", "expected"),
    [
        ([], False),
        ([OFF], False),
        ([OFF, OFF], True),
        ([OFF, RIGHT, RIGHT, OFF], True),
        ([OFF, RIGHT, RIGHT, RIGHT, OFF], False),
        ([OFF, OFF, RIGHT, RIGHT, RIGHT, RIGHT, RIGHT, RIGHT], True),
        ([RIGHT] * 8, False),
    ],
)
def test_two_of_four_windows_in_a_row_are_too_many(checked: list[Checked], expected: bool) -> None:
    assert are_off(checked) is expected


def test_a_difference_counts_if_it_is_outside_of_what_chance_explains() -> None:
    assert not Checked(0.9, 0.8, (0.78, 0.95)).is_off
    assert Checked(0.9, 0.8, (0.82, 0.95)).is_off
    assert Checked(0.9, 0.97, (0.82, 0.95)).is_off
    assert not Checked(0.9, 0.9, (0.9, 0.9)).is_off


def test_a_sound_estimator_seldom_loses_trust_by_chance() -> None:
    """In four independent windows: 6 · 0.0455² = 0.012; four standard errors of 4,000 runs are 0.007."""
    random = np.random.default_rng(9)
    lost = [
        are_off([Checked(0.9, 0.9 + each, (0.88, 0.92)) for each in random.normal(0, 0.01, 4)]) for _ in range(4000)
    ]
    assert np.mean(lost) == pytest.approx(0.012, abs=0.007)
