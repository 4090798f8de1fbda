"""Routes: when one is what was asked for, and how weights become percent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.traffic import DesiredRoute, Route, percent


def desired(weight: int = 0, mirror_share: int = 0, challenger: str | None = "18") -> DesiredRoute:
    version = ModelVersion(number=challenger) if challenger else None
    return DesiredRoute(
        champion=ModelVersion(number="17"), challenger=version, weight=weight, mirror_share=mirror_share
    )


@pytest.mark.parametrize(
    ("wish", "route", "follows"),
    [
        (desired(), Route(weights={"17": 100}), True),
        (desired(5), Route(weights={"17": 95, "18": 5}), True),
        (desired(100), Route(weights={"18": 100}), True),
        (desired(5), Route(weights={"17": 94.99, "18": 5.01}), False),
        (desired(5), Route(weights={"17": 95}), False),
        (desired(5), Route(weights={"17": 95, "18": 4, "19": 1}), False),
        (desired(5), Route(weights={}), False),
        (desired(mirror_share=20), Route(weights={"17": 100}, mirrors={"18": 20}), True),
        (desired(mirror_share=20), Route(weights={"17": 100}, mirrors={"18": 100}), False),
        (desired(mirror_share=20), Route(weights={"17": 100}), False),
        (desired(), Route(weights={"17": 100}, mirrors={"18": 20}), False),
    ],
)
def test_a_route_follows_only_what_was_asked_for_exactly(wish: DesiredRoute, route: Route, follows: bool) -> None:
    assert route.follows(wish) is follows


def test_without_a_challenger_the_champion_answers_everything() -> None:
    assert desired(5, challenger=None).weights == {"17": 100}
    assert desired(5, 20, challenger=None).mirrors == {}


@given(st.integers(0, 100), st.integers(1, 10_000))
def test_weights_in_percent_are_read_back_exactly_whatever_they_were_multiplied_by(weight: int, factor: int) -> None:
    parts = {"17": (100 - weight) * factor, "18": weight * factor}

    assert Route(weights=percent(parts)).follows(desired(weight))


@given(st.dictionaries(st.sampled_from(["17", "18", "19"]), st.floats(0, 1_000_000)))
def test_percent_add_up_to_all_requests_or_there_are_none(parts: dict[str, float]) -> None:
    shares = percent(parts)

    assert all(share > 0 for share in shares.values())
    assert sum(shares.values()) == pytest.approx(100 if any(parts.values()) else 0, abs=0.1)


def test_a_route_speaks_in_words_for_people() -> None:
    assert str(Route(weights={"18": 5, "17": 95}, mirrors={"19": 20})) == (
        "version 17: 95 %, version 18: 5 %, copies to version 19: 20 %"
    )
