"""TrafficRouter: what every kind of target promises, whoever divides the requests."""

from collections.abc import Iterator

import pytest

from auto_retrain.domain.errors import RegistryRefused, TrafficConflict, TrafficRefused, TrafficUnavailable
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.policy.traffic import CAPABILITIES
from auto_retrain.domain.traffic import DesiredRoute, EffectState
from tests.contracts.ports.traffic_targets import MODEL, WITH_WEIGHTS, WITHOUT_WEIGHTS, Target


def desired(champion: str, challenger: str | None = None, weight: int = 0, mirror_share: int = 0) -> DesiredRoute:
    return DesiredRoute(
        champion=ModelVersion(number=champion),
        challenger=ModelVersion(number=challenger) if challenger else None,
        weight=weight,
        mirror_share=mirror_share,
    )


# Everything that a rollout asks for, in the order of a shadow, a canary and a promotion.
STEPS = {
    "nothing": desired("17"),
    "copies of some": desired("17", "18", mirror_share=20),
    "copies of all": desired("17", "18", mirror_share=100),
    "first step": desired("17", "18", weight=1),
    "some": desired("17", "18", weight=5),
    "half": desired("17", "18", weight=50),
    "all": desired("17", "18", weight=100),
    "promoted": desired("18"),
    "taken back": desired("17"),
}


@pytest.fixture(params=WITH_WEIGHTS)
def outside(request: pytest.FixtureRequest) -> Iterator[Target]:
    with WITH_WEIGHTS[request.param]() as target:
        yield target


def steps_for(outside: Target) -> dict[str, DesiredRoute]:
    """What a rollout may ask of a target."""
    copies = CAPABILITIES[outside.target.adapter].mirror
    return {name: wish for name, wish in STEPS.items() if copies or not wish.mirrors}


def set_to(outside: Target, wish: DesiredRoute) -> None:
    """What the use case does: read, write, let it take effect."""
    seen = outside.traffic.read(MODEL, outside.target)
    outside.traffic.write(MODEL, outside.target, wish, seen)
    outside.settle()


def state_of(outside: Target, wish: DesiredRoute) -> EffectState:
    return outside.traffic.verify(MODEL, outside.target, wish).state


def test_each_step_of_a_rollout_is_read_back_as_it_was_asked_for_and_repeating_it_changes_nothing(
    outside: Target,
) -> None:
    for name, wish in steps_for(outside).items():
        set_to(outside, wish)
        route = outside.traffic.read(MODEL, outside.target)
        assert route is not None
        assert route.follows(wish), name
        set_to(outside, wish)
        assert outside.traffic.read(MODEL, outside.target) == route, name
        assert outside.traffic.verify(MODEL, outside.target, wish).state is EffectState.IN_FORCE, name


def test_a_write_whose_answer_was_lost_is_repeated_with_the_route_seen_before_it(outside: Target) -> None:
    seen = outside.traffic.read(MODEL, outside.target)
    for _ in range(2):
        outside.traffic.write(MODEL, outside.target, STEPS["some"], seen)
    outside.settle()

    assert state_of(outside, STEPS["some"]) is EffectState.IN_FORCE


def test_what_somebody_else_set_after_it_was_read_stays(outside: Target) -> None:
    seen = outside.traffic.read(MODEL, outside.target)
    outside.move({"17": 70, "19": 30})
    with pytest.raises(TrafficConflict, match="no longer as it was read"):
        outside.traffic.write(MODEL, outside.target, STEPS["some"], seen)

    route = outside.traffic.read(MODEL, outside.target)
    assert route is not None
    # Some targets know a version that somebody else put there only by the name that it has for them.
    assert sorted(route.weights.values()) == [30, 70]


def test_what_somebody_else_set_afterwards_is_a_conflict_and_says_what_it_is(outside: Target) -> None:
    set_to(outside, STEPS["some"])
    outside.move({"17": 0, "18": 100})
    effect = outside.traffic.verify(MODEL, outside.target, STEPS["some"])

    assert effect.state is EffectState.CONFLICT
    assert "version 18: 100 %" in effect.reason


def test_what_was_written_before_is_not_mistaken_for_somebody_elses(outside: Target) -> None:
    set_to(outside, STEPS["some"])

    # An endpoint of SageMaker keeps no note of who asked for its weights.
    is_known = outside.target.adapter != "sagemaker"
    assert state_of(outside, STEPS["half"]) is (EffectState.PENDING if is_known else EffectState.CONFLICT)


def test_a_write_that_was_accepted_but_does_nothing_is_never_in_force(outside: Target) -> None:
    set_to(outside, STEPS["nothing"])
    outside.ignore()
    set_to(outside, STEPS["some"])
    effect = outside.traffic.verify(MODEL, outside.target, STEPS["some"])

    assert effect.state is EffectState.PENDING
    assert effect.reason


def test_a_rehearsal_of_what_the_target_could_follow_changes_nothing(outside: Target) -> None:
    set_to(outside, STEPS["promoted"])
    before = outside.traffic.read(MODEL, outside.target)
    outside.traffic.rehearse(MODEL, outside.target, STEPS["taken back"])
    outside.settle()
    assert outside.traffic.read(MODEL, outside.target) == before
    assert state_of(outside, STEPS["promoted"]) is EffectState.IN_FORCE


def test_a_rehearsal_names_a_version_that_nothing_serves(outside: Target) -> None:
    outside.forget("19")
    with pytest.raises((TrafficRefused, RegistryRefused), match=r"19"):
        outside.traffic.rehearse(MODEL, outside.target, desired("19"))


def test_a_target_that_does_not_answer_is_unavailable(outside: Target) -> None:
    seen = outside.traffic.read(MODEL, outside.target)
    outside.vanish()
    with pytest.raises(TrafficUnavailable):
        outside.traffic.read(MODEL, outside.target)
    with pytest.raises(TrafficUnavailable):
        outside.traffic.write(MODEL, outside.target, STEPS["some"], seen)
    with pytest.raises(TrafficUnavailable):
        outside.traffic.verify(MODEL, outside.target, STEPS["some"])


@pytest.mark.parametrize("name", WITHOUT_WEIGHTS)
def test_a_target_without_weights_of_its_own_has_no_route_and_follows_the_champion(name: str) -> None:
    outside = WITHOUT_WEIGHTS[name]()
    for wish in (STEPS["nothing"], STEPS["promoted"], STEPS["taken back"]):
        outside.traffic.write(MODEL, outside.target, wish, None)
        assert outside.traffic.read(MODEL, outside.target) is None
        assert outside.traffic.verify(MODEL, outside.target, wish).state is EffectState.IN_FORCE


@pytest.mark.parametrize("step", ["copies of some", "some", "all"])
def test_an_alias_gives_no_version_a_share(step: str) -> None:
    outside = WITHOUT_WEIGHTS["alias"]()
    with pytest.raises(TrafficRefused, match="names one version, which answers all requests"):
        outside.traffic.write(MODEL, outside.target, STEPS[step], None)

    assert outside.traffic.verify(MODEL, outside.target, STEPS[step]).state is EffectState.FAILED


@pytest.mark.parametrize("wish", STEPS.values(), ids=STEPS)
def test_the_router_follows_whatever_the_serving_record_says(wish: DesiredRoute) -> None:
    outside = WITHOUT_WEIGHTS["router"]()
    outside.traffic.write(MODEL, outside.target, wish, None)

    assert outside.traffic.verify(MODEL, outside.target, wish).state is EffectState.IN_FORCE
