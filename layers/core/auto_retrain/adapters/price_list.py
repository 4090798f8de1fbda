"""The list of prices that counts: an object among the artifacts, if one is named, or that of this release."""

import logging
from collections.abc import Callable

from ..domain.errors import AutoRetrainError
from ..domain.prices import PriceList, list_prices, read_prices
from ..ports import DataStore

_LOG = logging.getLogger("auto_retrain")

# It is part of the record of each job that it concerns.
MAX_PROBLEM_LENGTH = 200


class StoredPrices:
    """PriceSource over an object, which is read once by each process."""

    def __init__(self, key: str | None, data: Callable[[], DataStore]) -> None:
        self._key, self._data = key, data
        self._read: PriceList | None = None

    def current(self) -> PriceList:
        if self._key is None:
            return PriceList(prices=list_prices())
        if self._read is None:
            try:
                self._read = self._fetch(self._key)
            except (AutoRetrainError, ValueError) as error:
                # Kept for this one use only: what S3 refuses now may be there the next time.
                _LOG.error("list prices are used instead of '%s': %s", self._key, error)
                return PriceList(prices=list_prices(), problem=f"{self._key}: {error}"[:MAX_PROBLEM_LENGTH])
        return self._read

    def _fetch(self, key: str) -> PriceList:
        data = self._data()
        return PriceList(prices=read_prices(data.read(data.uri(key))))
