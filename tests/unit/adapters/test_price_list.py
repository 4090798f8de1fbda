"""Prices of one's own replace those of the release; a list that cannot be used is told, and changes no outcome."""

import logging

import pytest

from auto_retrain.adapters.memory.data import MemoryDataStore
from auto_retrain.adapters.price_list import MAX_PROBLEM_LENGTH, StoredPrices
from auto_retrain.domain.prices import LIST_PRICES, list_prices

KEY = "prices/2026-03.json"
OWN = LIST_PRICES.read_text().replace("2025-01-01", "2026-03-01")


def stored(content: str | None) -> tuple[StoredPrices, MemoryDataStore]:
    data = MemoryDataStore()
    if content is not None:
        data.write(KEY, content.encode())
    return StoredPrices(KEY, lambda: data), data


def test_without_a_key_the_list_of_the_release_counts_and_nothing_is_read() -> None:
    def refuse() -> MemoryDataStore:
        raise AssertionError("nothing is to be read")

    prices = StoredPrices(None, refuse).current()
    assert (prices.prices, prices.problem) == (list_prices(), None)


def test_the_list_under_the_key_counts_and_is_read_once() -> None:
    source, data = stored(OWN)
    assert source.current().prices.as_of.isoformat() == "2026-03-01"
    data.write(KEY, b"changed")
    assert source.current().problem is None


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "prices/2026-03.json"),
        ("", "JSON"),
        ("{", "JSON"),
        (OWN.replace('"usd": 0.0352', '"usd": -1'), "on_demand.cpu"),
        (OWN.replace('"unit": "request"', '"unit": "GB-month"'), "lambda_request"),
        ("[" * 100_000, "JSON"),
        ("\x00" * 2_000_000, "prices/2026-03.json"),
    ],
    ids=["absent", "empty", "no JSON", "negative", "another unit", "nested", "huge"],
)
def test_a_list_that_cannot_be_used_is_told_and_list_prices_are_used(
    content: str | None, problem: str, caplog: pytest.LogCaptureFixture
) -> None:
    source, data = stored(content)
    with caplog.at_level(logging.ERROR, "auto_retrain"):
        answer = source.current()
    assert answer.prices == list_prices()
    assert answer.problem is not None
    assert problem in answer.problem
    assert len(answer.problem) <= MAX_PROBLEM_LENGTH
    assert KEY in caplog.text
    data.write(KEY, OWN.encode())
    assert source.current().problem is None, "it is tried again the next time"
