"""The HTTPRoute adapter: what it writes, what it refuses, and how it reads what gateways say."""

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.adapters.traffic.http_route import HttpRouteTraffic
from auto_retrain.adapters.traffic.route_rule import RouteRule
from auto_retrain.adapters.traffic.route_status import problem_of
from auto_retrain.domain.errors import TrafficConflict, TrafficRefused, TrafficUnavailable
from auto_retrain.domain.policy.traffic import HttpRouteTarget
from auto_retrain.domain.traffic import DesiredRoute, EffectState
from tests.contracts.cluster.canned import CLOSED, Canned, CannedServer
from tests.contracts.ports.odd_server import OddServer
from tests.contracts.ports.test_traffic import STEPS, desired
from tests.contracts.ports.traffic_targets import (
    MODEL,
    NAMESPACE,
    ROUTE,
    Json,
    RouteTarget,
    asked_for,
    client_of,
    http_route,
)

ODD_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 200) | st.sampled_from(["", "churn-v17", "RequestMirror", "x" * 300]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "weight", "port"]), inner),
    max_leaves=5,
)


@pytest.fixture
def outside() -> Iterator[RouteTarget]:
    with http_route() as target:
        yield target


def write(outside: RouteTarget, wish: DesiredRoute, **target: Any) -> None:
    where = ROUTE.changed(**target)
    outside.traffic.write(MODEL, where, wish, outside.traffic.read(MODEL, where))
    outside.settle()


def verify(outside: RouteTarget, wish: DesiredRoute) -> tuple[EffectState, str]:
    effect = outside.traffic.verify(MODEL, ROUTE, wish)
    return effect.state, effect.reason


def refused(outside: RouteTarget, wish: DesiredRoute = STEPS["some"], **target: Any) -> str:
    """The reason of a refusal, after which the HTTPRoute is as it was."""
    before = asked_for(outside.body())
    with pytest.raises(TrafficRefused) as caught:
        write(outside, wish, **target)
    with pytest.raises(TrafficRefused) as checked:
        outside.traffic.check(MODEL, ROUTE.changed(**target), wish)
    assert asked_for(outside.body()) == before
    assert str(checked.value) == str(caught.value)
    return str(caught.value)


# What is written.


def test_every_weight_is_written_even_0_and_versions_that_are_not_desired_any_more_lose_their_backends(
    outside: RouteTarget,
) -> None:
    write(outside, STEPS["copies of some"])
    assert outside.backends() == {"churn-v17": 100, "churn-v18": 0}
    write(outside, STEPS["all"])
    assert outside.backends() == {"churn-v17": 0, "churn-v18": 100}
    write(outside, STEPS["promoted"])
    assert outside.backends() == {"churn-v18": 100}


def test_everything_else_in_the_route_stays_as_it_is(outside: RouteTarget) -> None:
    matches = [{"path": {"type": "PathPrefix", "value": "/predict"}}]
    header = {"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "a", "value": "b"}]}}
    theirs = {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "audit", "port": 80}}}
    backend = {"name": "churn-v17", "port": 8080, "filters": [header]}
    other = {"name": "other", "matches": matches, "backendRefs": [{"name": "web", "port": 80}]}
    mine = {"name": "predict", "filters": [header, theirs], "backendRefs": [backend], "timeouts": {"request": "3s"}}
    outside.create_route([other, mine], labels={"team": "a"})
    before = outside.body()
    write(outside, desired("17", "18", weight=5, mirror_share=20), rule="predict")
    after = outside.body()

    assert after["metadata"]["labels"] == before["metadata"]["labels"]
    rules = after["spec"]["rules"]
    assert rules[0] == before["spec"]["rules"][0]
    backends, filters = rules[1].pop("backendRefs"), rules[1].pop("filters")
    assert [(each["name"], each["port"], each["weight"]) for each in backends] == [
        ("churn-v17", 8080, 95),
        ("churn-v18", 8080, 5),
    ]
    assert all(each["filters"] == [header] for each in backends)
    assert [each["type"] for each in filters] == ["RequestHeaderModifier", "RequestMirror", "RequestMirror"]
    before_rule = before["spec"]["rules"][1]
    assert rules[1] == {key: value for key, value in before_rule.items() if key not in ("backendRefs", "filters")}
    write(outside, STEPS["taken back"], rule_number=1)
    assert outside.body()["spec"]["rules"][1]["filters"] == before_rule["filters"]


def test_copies_of_all_requests_do_without_the_field_that_older_releases_of_the_api_lack(outside: RouteTarget) -> None:
    shares = []
    for step in ("copies of all", "copies of some"):
        write(outside, STEPS[step])
        (mirror,) = outside.body()["spec"]["rules"][0]["filters"]
        shares.append(mirror["requestMirror"].get("percent"))
    assert shares == [None, 20]


def test_the_port_of_the_policy_comes_before_that_of_the_backends(outside: RouteTarget) -> None:
    write(outside, STEPS["some"], port=9000)

    assert {each["port"] for each in outside.body()["spec"]["rules"][0]["backendRefs"]} == {9000}


def test_weights_that_are_only_proportions_are_read_as_percent(outside: RouteTarget) -> None:
    outside.move({"17": 1, "18": 1, "19": 0})
    route = outside.traffic.read(MODEL, ROUTE)

    assert route is not None
    assert route.weights == {"17": 50, "18": 50}


def test_a_rule_that_gives_nobody_anything_serves_no_version(outside: RouteTarget) -> None:
    outside.move({"17": 0})
    route = outside.traffic.read(MODEL, ROUTE)

    assert route is not None
    assert (route.weights, str(route)) == ({}, "no version")


# What is refused, and why.


def test_an_absent_route_is_named(outside: RouteTarget) -> None:
    with pytest.raises(TrafficRefused, match="there is no HTTPRoute 'serving/fraud'"):
        outside.traffic.read(MODEL, ROUTE.changed(route="fraud"))


@pytest.mark.parametrize(
    ("target", "fitting"), [({}, 2), ({"rule": "b"}, 0), ({"rule_number": 2}, 0)], ids=["any", "name", "number"]
)
def test_a_rule_that_is_absent_or_ambiguous_is_refused_with_the_rules_that_there_are(
    outside: RouteTarget, target: Json, fitting: int
) -> None:
    outside.create_route([outside.rule({"17": 1}, name="a"), outside.rule({"17": 1})])

    reason = refused(outside, **target)
    assert f"has {fitting} rules that fit; its rules are 0 ('a'), 1; set deployment.traffic.rule" in reason


def test_two_backends_with_one_name_are_refused_and_never_in_force(outside: RouteTarget) -> None:
    backends = [{"name": "churn-v17", "port": port, "weight": 50} for port in (80, 81)]
    outside.create_route([{"backendRefs": backends}])
    outside.settle()

    assert "has two backends with one name: churn-v17" in refused(outside, STEPS["nothing"])
    assert verify(outside, STEPS["nothing"])[0] is EffectState.CONFLICT


@pytest.mark.parametrize(
    ("backend", "name"),
    [
        ({"name": "canary"}, "Service canary"),
        ({"name": "churn-v17-debug"}, "Service churn-v17-debug"),
        ({"name": "churn-v17", "namespace": "else"}, "Service else/churn-v17"),
        ({"name": "churn-v17", "kind": "ServiceImport"}, "ServiceImport churn-v17"),
        ({"name": "churn-v17", "group": "inference.networking.k8s.io", "kind": "InferencePool"}, "InferencePool"),
    ],
)
def test_backends_of_somebody_else_are_named_and_never_touched(outside: RouteTarget, backend: Json, name: str) -> None:
    outside.create_route([{"backendRefs": [{"name": "churn-v18", "port": 80}, {"port": 80, **backend}]}])

    reason = refused(outside)
    assert "has backends that are no 'churn-v{version}'" in reason
    assert name in reason
    route = outside.traffic.read(MODEL, ROUTE)
    assert route is not None
    assert route.weights["18"] == 50


def test_a_route_that_another_controller_owns_is_left_to_it(outside: RouteTarget) -> None:
    owner = {"apiVersion": "flagger.app/v1beta1", "kind": "Canary", "name": "churn", "uid": "1", "controller": True}
    outside.create_route([outside.rule({"17": 1})], ownerReferences=[owner])

    assert "belongs to Canary 'churn', whose controller would undo every change" in refused(outside)


@pytest.mark.parametrize("mark", ["labels", "annotations"])
def test_a_route_that_argo_rollouts_is_changing_is_left_to_it(outside: RouteTarget, mark: str) -> None:
    outside.create_route([outside.rule({"17": 1})], **{mark: {"rollouts.argoproj.io/gatewayapi-canary": "in-progress"}})

    assert "is being changed by Argo Rollouts" in refused(outside)


def test_an_owner_that_controls_nothing_does_no_harm(outside: RouteTarget) -> None:
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "release", "uid": "1"}
    outside.create_route([outside.rule({"17": 1})], ownerReferences=[owner])
    write(outside, STEPS["some"])

    assert outside.backends() == {"churn-v17": 95, "churn-v18": 5}


def test_a_version_without_a_service_gets_no_requests(outside: RouteTarget) -> None:
    for wish in (desired("17", "20", weight=5), desired("17", "20", mirror_share=5), desired("20")):
        assert "version 20 cannot get requests: there is no Service 'churn-v20'" in refused(outside, wish)


def test_a_version_gets_no_requests_before_an_endpoint_of_its_service_is_ready(outside: RouteTarget) -> None:
    outside.serve("20", ready=False)
    before = asked_for(outside.body())
    with pytest.raises(TrafficUnavailable, match="version 20 cannot get requests yet: no endpoint of Service"):
        write(outside, desired("17", "20", weight=5))
    with pytest.raises(TrafficUnavailable, match="no endpoint of Service"):
        outside.traffic.check(MODEL, ROUTE, desired("17", "20", weight=5))
    assert asked_for(outside.body()) == before
    outside.show_endpoint("20", ready=True)
    write(outside, desired("17", "20", weight=5))
    assert outside.backends() == {"churn-v17": 95, "churn-v20": 5}


def test_nothing_keeps_a_bad_version_from_being_taken_back(outside: RouteTarget) -> None:
    write(outside, STEPS["half"])
    outside.show_endpoint("17", ready=False)
    outside.ask("DELETE", "services/churn-v18")
    write(outside, STEPS["taken back"])

    assert outside.backends() == {"churn-v17": 100}


@pytest.mark.parametrize("version", ["18-rc", "1.0", "١٨", "v" * 70, "1" * 60])
def test_a_version_that_no_service_can_be_named_after_is_refused(outside: RouteTarget, version: str) -> None:
    assert f"version '{version}' has no Service" in refused(outside, desired("17", version, weight=5))


def test_a_rule_without_any_port_asks_for_one(outside: RouteTarget) -> None:
    outside.create_route([{"matches": []}])

    assert "names no port yet; set deployment.traffic.port" in refused(outside)
    write(outside, STEPS["some"], port=80)
    assert outside.backends() == {"churn-v17": 95, "churn-v18": 5}


# Who else writes.


def test_a_status_that_is_written_meanwhile_is_no_conflict(outside: RouteTarget) -> None:
    seen = outside.traffic.read(MODEL, ROUTE)
    outside.cluster.gateways.unsupported = frozenset({"CORS"})
    outside.patch({"metadata": {"annotations": {"note": "by hand"}}})
    outside.settle()
    outside.traffic.write(MODEL, ROUTE, STEPS["some"], seen)

    assert outside.backends() == {"churn-v17": 95, "churn-v18": 5}


class _Interrupted(HttpRouteTraffic):
    """Lets somebody else act between a read and the write that follows it."""

    def __init__(self, outside: RouteTarget, *acts: Json) -> None:
        super().__init__(client_of(outside.cluster.url))
        self._outside, self._acts = outside, list(acts)

    def _body(self, target: HttpRouteTarget) -> Json:
        body = super()._body(target)
        if self._acts:
            self._outside.patch(self._acts.pop(0))
        return body


def test_somebody_who_is_faster_wins_even_if_nothing_was_seen_before(outside: RouteTarget) -> None:
    theirs = {"spec": {"rules": [outside.rule({"17": 60, "19": 40})]}}
    with pytest.raises(TrafficConflict, match=r"it says version 17: 60 %, version 19: 40 %"):
        _Interrupted(outside, theirs).write(MODEL, ROUTE, STEPS["some"], None)

    assert outside.backends() == {"churn-v17": 60, "churn-v19": 40}


def test_somebody_who_writes_all_the_time_makes_us_come_back_later(outside: RouteTarget) -> None:
    notes = [{"metadata": {"annotations": {"note": str(number)}}} for number in range(10)]
    with pytest.raises(TrafficUnavailable, match="changes faster than we can change it"):
        _Interrupted(outside, *notes).write(MODEL, ROUTE, STEPS["some"], None)
    _Interrupted(outside, *notes[:2]).write(MODEL, ROUTE, STEPS["some"], None)

    assert outside.backends() == {"churn-v17": 95, "churn-v18": 5}


# What gateways say.


def test_a_gateway_that_is_late_makes_a_change_pending_until_it_has_seen_this_generation(outside: RouteTarget) -> None:
    outside.cluster.gateways.lag_seconds = 3600
    write(outside, STEPS["some"])
    state, reason = verify(outside, STEPS["some"])
    assert (state, reason) == (EffectState.PENDING, "Gateway 'public': Accepted is about generation 1, not yet about 2")
    outside.cluster.gateways.lag_seconds = 0
    outside.patch({"metadata": {"annotations": {"wake": "up"}}})
    outside.settle()
    assert verify(outside, STEPS["some"]) == (EffectState.IN_FORCE, "")


def test_a_gateway_that_refuses_the_copies_makes_a_shadow_fail_in_its_words(outside: RouteTarget) -> None:
    outside.cluster.gateways.unsupported = frozenset({"RequestMirror"})
    write(outside, STEPS["copies of some"])
    state, reason = verify(outside, STEPS["copies of some"])

    assert state is EffectState.FAILED
    assert "Accepted is False, UnsupportedValue: filters are not supported" in reason


def test_a_service_that_vanishes_makes_the_route_fail(outside: RouteTarget) -> None:
    write(outside, STEPS["some"])
    outside.ask("DELETE", "services/churn-v18")
    outside.settle()
    state, reason = verify(outside, STEPS["some"])

    assert state is EffectState.FAILED
    assert "ResolvedRefs is False, BackendNotFound: Service churn-v18 not found" in reason


def test_a_route_without_a_gateway_is_never_in_force(outside: RouteTarget) -> None:
    outside.patch({"spec": {"parentRefs": []}})
    outside.settle()

    assert verify(outside, STEPS["nothing"]) == (
        EffectState.FAILED,
        "the HTTPRoute is attached to no gateway: spec.parentRefs is empty",
    )


def _condition(kind: str, status: str = "True", observed: int | None = 3, reason: str = "Because") -> Json:
    return {"type": kind, "status": status, "reason": reason, "message": "m", "observedGeneration": observed}


GOOD = [_condition("Accepted"), _condition("ResolvedRefs")]


def _answered(*answers: list[Json], parents: int = 1, names: tuple[str, ...] = ("g0", "g1")) -> Json:
    return {
        "metadata": {"namespace": "ns", "generation": 3},
        "spec": {"parentRefs": [{"name": f"g{number}"} for number in range(parents)]},
        "status": {
            "parents": [
                {"parentRef": {"name": name, "namespace": "ns", "kind": "Gateway"}, "conditions": conditions}
                for name, conditions in zip(names, answers, strict=False)
            ]
        },
    }


@pytest.mark.parametrize(
    ("body", "state"),
    [
        (_answered(GOOD), None),
        (_answered(GOOD, GOOD, parents=2), None),
        (_answered(GOOD, parents=2), EffectState.PENDING),
        (_answered(), EffectState.PENDING),
        (_answered(GOOD, names=("another",)), EffectState.PENDING),
        (_answered([]), EffectState.PENDING),
        (_answered(GOOD[:1]), EffectState.PENDING),
        (_answered([GOOD[0], _condition("ResolvedRefs", observed=2)]), EffectState.PENDING),
        (_answered([GOOD[0], _condition("ResolvedRefs", observed=None)]), EffectState.PENDING),
        (_answered([GOOD[0], _condition("ResolvedRefs", "False", observed=2)]), EffectState.PENDING),
        (_answered([GOOD[0], _condition("ResolvedRefs", "Unknown")]), EffectState.PENDING),
        (_answered([GOOD[1], _condition("Accepted", "False", reason="Pending")]), EffectState.PENDING),
        (_answered([GOOD[1], _condition("Accepted", "False")]), EffectState.FAILED),
        (_answered([*GOOD, _condition("PartiallyInvalid")]), EffectState.FAILED),
        (_answered([*GOOD, _condition("PartiallyInvalid", "False")]), None),
        (_answered([*GOOD, _condition("PartiallyInvalid", observed=2)]), EffectState.PENDING),
        (_answered([], [_condition("Accepted", "False")], parents=2), EffectState.FAILED),
        (_answered(GOOD, [_condition("Accepted", "False")], names=("g0", "g0")), EffectState.FAILED),
        (_answered(GOOD) | {"status": {}}, EffectState.PENDING),
    ],
)
def test_a_route_is_in_force_only_if_every_gateway_says_so_of_this_generation(
    body: Json, state: EffectState | None
) -> None:
    problem = problem_of(body)

    assert (problem and problem[0]) is state


@given(ODD_VALUES)
def test_whatever_else_stands_in_a_status_is_never_read_as_success(value: Any) -> None:
    body = _answered(GOOD)
    for place in ("status", "spec"):
        assert problem_of({**body, place: value}) is not None
    assert problem_of({**body, "status": {"parents": value}}) is not None


@given(st.lists(ODD_VALUES, max_size=3), st.lists(ODD_VALUES, max_size=2))
def test_a_rule_of_odd_values_is_read_or_refused_with_a_sentence(backends: list[Any], filters: list[Any]) -> None:
    body = {"metadata": {"generation": 1}, "spec": {"rules": [{"backendRefs": backends, "filters": filters}]}}
    rule = RouteRule(body, ROUTE)
    assert sum(rule.route.weights.values()) == pytest.approx(100 if rule.route.weights else 0, abs=0.1)
    with suppress(TrafficRefused):
        rule.following(STEPS["some"])


WISHES = st.builds(
    desired,
    champion=st.sampled_from(["17", "18"]),
    challenger=st.sampled_from([None, "19"]),
    weight=st.integers(0, 100),
    mirror_share=st.integers(0, 100),
)


@given(
    st.lists(WISHES, min_size=1, max_size=4), st.dictionaries(st.sampled_from(["17", "18", "19"]), st.integers(0, 9))
)
def test_whatever_stood_there_a_rule_follows_the_newest_wish_and_then_stays_as_it_is(
    wishes: list[DesiredRoute], weights: dict[str, int]
) -> None:
    backends = [{"name": f"churn-v{version}", "port": 80, "weight": weight} for version, weight in weights.items()]
    body = {"spec": {"rules": [{"backendRefs": backends}]}}
    for wish in wishes:
        rules = RouteRule(body, ROUTE.changed(port=80)).following(wish)
        body = {"spec": {"rules": rules}} if rules else body
        rule = RouteRule(body, ROUTE.changed(port=80))
        assert rule.route.follows(wish)
        assert rule.following(wish) is None


# What the network and the API server do.

STATUS: Json = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "because", "reason": "Because"}
BODY: Json = {
    "kind": "HTTPRoute",
    "metadata": {"name": "churn", "namespace": NAMESPACE, "uid": "u", "generation": 1, "resourceVersion": "7"},
    "spec": {"rules": [{"backendRefs": [{"name": f"churn-v{v}", "port": 80, "weight": 50} for v in (17, 18)]}]},
}


@pytest.mark.parametrize("code", [401, 408, 429, 500, 502, 503, 504])
def test_a_passing_failure_of_the_api_makes_traffic_unavailable(code: int) -> None:
    with OddServer(code, {"Content-Length": "0"}) as server:
        traffic = HttpRouteTraffic(client_of(server.url))
        with pytest.raises(TrafficUnavailable, match=f"answered {code}"):
            traffic.read(MODEL, ROUTE)
        with pytest.raises(TrafficUnavailable, match=f"answered {code}"):
            traffic.verify(MODEL, ROUTE, STEPS["some"])


@pytest.mark.parametrize("code", [400, 403, 405, 409, 415, 422])
def test_a_refusal_of_the_api_is_passed_on_in_its_words(code: int) -> None:
    words = f"the Kubernetes API answered {code} Because: because"
    with CannedServer([Canned(code, STATUS)]) as server, pytest.raises(TrafficRefused, match=words):
        HttpRouteTraffic(client_of(server.url)).read(MODEL, ROUTE)


def _writing(*answers: Canned) -> CannedServer:
    """A server that has an HTTPRoute, and gives these answers to the first write and what follows."""
    return CannedServer([Canned(200, BODY), *answers])


OUTAGES: dict[str, list[Canned]] = {
    "401": [Canned(401, STATUS)] * 8,  # each is answered with another token first
    "429": [Canned(429, STATUS)] * 4,
    "500": [Canned(500, STATUS)] * 4,
    "503": [Canned(503, "no endpoints available")] * 4,
    "closed": [CLOSED] * 4,
    "truncated": [Canned(200, '{"kind": "HTTPRoute", "metada')],
    "another page": [Canned(200, "<html>welcome</html>")],
}


@pytest.mark.parametrize("code", [400, 403, 413, 415, 422])
def test_a_write_that_the_api_refuses_is_refused_in_its_words(code: int) -> None:
    with (
        _writing(Canned(code, STATUS)) as api,
        pytest.raises(TrafficRefused, match=f"answered {code} Because: because"),
    ):
        HttpRouteTraffic(client_of(api.url)).write(MODEL, ROUTE, STEPS["some"], None)


@pytest.mark.parametrize("answers", OUTAGES.values(), ids=OUTAGES)
def test_a_write_that_nobody_answers_properly_makes_traffic_unavailable(answers: list[Canned]) -> None:
    with _writing(*answers) as api, pytest.raises(TrafficUnavailable):
        HttpRouteTraffic(client_of(api.url)).write(MODEL, ROUTE, STEPS["some"], None)


@pytest.mark.parametrize("lost", [CLOSED, Canned(504, STATUS), Canned(500, STATUS)])
def test_a_write_that_took_effect_although_its_answer_was_lost_is_no_conflict(lost: Canned) -> None:
    rules = RouteRule(BODY, ROUTE).following(STEPS["some"])
    written = {
        **BODY,
        "metadata": {**BODY["metadata"], "generation": 2, "resourceVersion": "8"},
        "spec": {"rules": rules},
    }
    with _writing(lost, Canned(409, STATUS), Canned(200, written)) as api:
        HttpRouteTraffic(client_of(api.url)).write(MODEL, ROUTE, STEPS["some"], None)
        assert [asked.method for asked in api.asked] == ["GET", "PATCH", "PATCH", "GET"]
        assert api.asked[1].body["metadata"]["resourceVersion"] == "7"
        assert api.asked[1].query == {"fieldManager": "auto-retrain", "fieldValidation": "Strict"}


def test_a_body_that_ends_too_early_makes_traffic_unavailable() -> None:
    short = OddServer(200, {"Content-Length": "1000"}, lambda: [b'{"kind": "HTTPRoute"'])
    with short as server, pytest.raises(TrafficUnavailable, match="did not answer"):
        HttpRouteTraffic(client_of(server.url)).read(MODEL, ROUTE)


def test_nobody_listens() -> None:
    with ExitStack() as stack:
        url = stack.enter_context(CannedServer([])).url
    with pytest.raises(TrafficUnavailable, match="did not answer"):
        HttpRouteTraffic(client_of(url)).read(MODEL, ROUTE)
