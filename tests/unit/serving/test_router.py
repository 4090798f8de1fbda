"""A router follows the serving record, whatever happens to the ledger, the process, and the keys."""

import gc
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.errors import RolloutRefused, StoreUnavailable
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.serving import ServingRecord
from auto_retrain.serving import Pick, Router
from tests.unit.builders import NOON
from tests.unit.serving.serving_world import Ledger, a_record

KEYS = [f"customer-{number}" for number in range(20_000)]
NEVER = 3600.0


@pytest.fixture
def opened() -> Iterator[Callable[..., tuple[Router, Ledger]]]:
    routers = []

    def open_router(record: ServingRecord, **options: Any) -> tuple[Router, Ledger]:
        ledger = Ledger(record)
        routers.append(Router("churn", lambda: ledger, **{"refresh_seconds": NEVER, **options}))  # type: ignore[arg-type, return-value]
        return routers[-1], ledger

    yield open_router
    for router in routers:
        router.close()


Open = Callable[..., tuple[Router, Ledger]]


def versions(router: Router) -> dict[str, str]:
    return {key: router.pick(key).version for key in KEYS}


def test_without_a_rollout_the_champion_answers_everything(opened: Open) -> None:
    router, _ = opened(a_record())
    assert router.pick("ann") == Pick("1", "champion", 1.0, "1")


def test_a_pick_says_what_a_prediction_log_needs(opened: Open) -> None:
    router, _ = opened(a_record(100))
    assert router.pick("ann") == Pick("2", "challenger", 1.0, "1", None, "churn-1", 0)
    router, _ = opened(a_record(0))
    assert router.pick("ann") == Pick("1", "champion", 1.0, "1", None, "churn-1", 0)


def test_during_a_drill_the_version_before_answers_everything(opened: Open) -> None:
    record = a_record().drilled(ModelVersion(number="0"), "ada", NOON, NOON + timedelta(minutes=12)).record
    router, _ = opened(record)
    assert router.pick("ann") == Pick("0", "champion", 1.0, "0")


@pytest.mark.parametrize("weight", [1, 5, 50, 99])
def test_shares_are_as_asked_for(opened: Open, weight: int) -> None:
    router, _ = opened(a_record(weight))
    challenger = Counter(versions(router).values())["2"]
    expected, share = len(KEYS) * weight / 100, weight / 100
    assert abs(challenger - expected) < 4 * (len(KEYS) * share * (1 - share)) ** 0.5


@given(st.text(), st.integers(0, 100), st.integers(0, 100))
def test_a_key_is_sticky_and_a_higher_weight_moves_no_key_back(key: str, one: int, other: int) -> None:
    low, high = sorted((one, other))
    ledger = Ledger(a_record(low))
    router = Router("churn", lambda: ledger, refresh_seconds=NEVER)  # type: ignore[arg-type, return-value]
    try:
        before = router.pick(key)
        assert router.pick(key) == before
        ledger.record = a_record(high)
        router.refresh()
        assert (before.version, router.pick(key).version) != ("2", "1")
    finally:
        router.close()


def test_each_rollout_splits_the_keys_anew(opened: Open) -> None:
    one, other = (versions(opened(a_record(50, job=job))[0]) for job in ("churn-1", "churn-2"))
    both = sum(one[key] == other[key] == "2" for key in KEYS)
    assert abs(both - len(KEYS) / 4) < 4 * (len(KEYS) * 3 / 16) ** 0.5


def test_copies_are_a_share_of_the_champions_requests(opened: Open) -> None:
    router, _ = opened(a_record(0, mirror_share=10))
    picks = [router.pick(key) for key in KEYS]
    assert {pick.version for pick in picks} == {"1"}
    copied = [pick for pick in picks if pick.mirror]
    assert abs(len(copied) - len(KEYS) / 10) < 4 * (len(KEYS) * 0.09) ** 0.5
    assert copied[0].for_copy == Pick("2", "mirror", 1.0, "1", None, "churn-1", 0)


def test_a_pick_without_a_copy_says_so(opened: Open) -> None:
    with pytest.raises(ValueError, match="no copy"):
        _ = opened(a_record())[0].pick("ann").for_copy


def test_a_tester_gets_the_version_of_choice_and_counts_in_no_rollout(opened: Open) -> None:
    router, _ = opened(a_record(0), pinned={"tess": "2"})
    assert router.pick("tess") == Pick("2", "pinned", 1.0, "1", rollout_id="pinned")
    assert router.pick("ann").version == "1"


def test_a_version_that_was_rolled_back_answers_nobody(opened: Open) -> None:
    router, _ = opened(a_record(100, mirror_share=100, bad=("2",)), pinned={"tess": "2"})
    assert {router.pick(key) for key in ("tess", *KEYS[:100])} == {Pick("1", "champion", 1.0, "1")}


@pytest.mark.parametrize("error", [StoreUnavailable("away"), OSError("odd"), RuntimeError("a bug")])
def test_the_last_route_stays_while_the_ledger_is_away(
    opened: Open, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    router, ledger = opened(a_record(30, revision=7))
    before, now = versions(router), time.monotonic()
    ledger.error, ledger.record = error, a_record(100, revision=8)
    for seconds in range(5, 601, 5):
        monkeypatch.setattr(time, "monotonic", lambda seconds=seconds: now + seconds)
        router.refresh()
    assert (versions(router), router.revision) == (before, 7)
    assert router.age_seconds >= 599
    ledger.error = None
    router.refresh()
    assert (router.pick("ann").version, router.revision, router.age_seconds) == ("2", 8, 0)


def test_a_model_that_has_lost_its_champion_keeps_its_route(opened: Open) -> None:
    router, ledger = opened(a_record())
    ledger.record = ServingRecord(model_name="churn")
    router.refresh()
    assert router.pick("ann").version == "1"


def test_a_first_champion_answers_until_the_record_names_one(opened: Open) -> None:
    router, ledger = opened(ServingRecord(model_name="churn"), first_champion="9")
    router.refresh()
    assert router.pick("ann") == Pick("9", "champion", 1.0, "9")
    ledger.record = a_record()
    router.refresh()
    assert router.pick("ann").version == "1"
    ledger.record = ServingRecord(model_name="churn")
    router.refresh()
    assert router.pick("ann").version == "1"


def test_nothing_known_is_an_error_at_once() -> None:
    ledger = Ledger(ServingRecord(model_name="churn"))
    with pytest.raises(RolloutRefused, match=r"'churn' has no champion yet, .* as first_champion"):
        Router("churn", lambda: ledger)  # type: ignore[arg-type, return-value]
    ledger.error = StoreUnavailable("away")
    with pytest.raises(StoreUnavailable):
        Router("churn", lambda: ledger)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize("key", [None, 7, b"ann", 1.5, ("ann",)])
@pytest.mark.parametrize("weight", [None, 50])
def test_a_key_that_is_no_text_is_refused_in_a_rollout_or_not(opened: Open, key: Any, weight: int | None) -> None:
    with pytest.raises(TypeError, match="a key is text, not"):
        opened(a_record(weight))[0].pick(key)


@pytest.mark.parametrize("key", ["", "x" * 1_000_000, "Zoë 🙂", "\ud800", "\0"])
def test_any_text_is_a_key(opened: Open, key: str) -> None:
    assert opened(a_record(50))[0].pick(key).version in {"1", "2"}


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        threading.Event().wait(0.005)
    assert condition()


def test_the_record_is_read_again_in_the_background(opened: Open) -> None:
    router, ledger = opened(a_record(), refresh_seconds=0.01)
    ledger.record = a_record(100, revision=2)
    wait_for(lambda: router.revision == 2)


def test_a_router_that_nobody_uses_any_more_leaves_no_thread() -> None:
    others = set(threading.enumerate())
    router: Router | None = Router("churn", lambda: Ledger(a_record()), refresh_seconds=0.01)  # type: ignore[arg-type, return-value]
    (own,) = set(threading.enumerate()) - others
    del router
    gc.collect()
    own.join(10)
    assert not own.is_alive()


def test_a_hundred_threads_see_whole_routes_only(opened: Open) -> None:
    router, ledger = opened(a_record(0, revision=0))
    seen: set[tuple[str, str | None, int | None]] = set()

    def ask() -> None:
        picks = (router.pick(key) for key in KEYS[:200])
        seen.update((pick.version, pick.rollout_id, pick.step) for pick in picks)

    asking = [threading.Thread(target=ask) for _ in range(100)]
    for number, thread in enumerate(asking):
        thread.start()
        ledger.record = a_record(100) if number % 2 else a_record()
        router.refresh()
    for thread in asking:
        thread.join()
    assert seen <= {("1", "churn-1", 0), ("2", "churn-1", 0), ("1", None, None)}


def test_a_forked_worker_keeps_reading_with_connections_of_its_own() -> None:
    ledgers: list[Ledger] = []

    def open_ledger() -> Any:
        # The ledger that a child opens knows a newer revision.
        ledgers.append(Ledger(a_record(revision=1 + len(ledgers))))
        return ledgers[-1]

    router = Router("churn", open_ledger, refresh_seconds=0.01)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        deadline = time.monotonic() + 10
        while router.revision < 2 and time.monotonic() < deadline:
            threading.Event().wait(0.005)
        os.write(writing, b"%d" % router.revision)
        os._exit(0)
    os.waitpid(child, 0)
    router.close()
    assert (os.read(reading, 9), router.revision) == (b"2", 1)
    os.close(reading)
    os.close(writing)
