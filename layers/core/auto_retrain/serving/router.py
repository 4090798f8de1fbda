"""Picks the version that answers a request, from a copy of the serving record that is renewed in the background."""

import hashlib
import logging
import os
import threading
import time
import weakref
from collections.abc import Mapping
from typing import NamedTuple

from ..domain.errors import AutoRetrainError, RolloutRefused
from ..domain.serving import Rollout, ServingRecord
from ..ports import DeploymentLedger

_LOG = logging.getLogger(__name__)

BUCKETS = 10_000
BUCKETS_OF_A_PERCENT = BUCKETS // 100


class Pick(NamedTuple):
    """The version that answers a request, and what a prediction log needs to know about the choice.

    `arm` is champion or challenger; `probability` is that of this arm at this moment. `mirror` is a version that gets a
    copy of the request, whose answer nobody gets. `rollout_id` and `step` are None outside a rollout.
    """

    version: str
    arm: str
    probability: float
    mirror: str | None = None
    rollout_id: str | None = None
    step: int | None = None


class _Split(NamedTuple):
    """Everything that a pick needs, built once for each revision of the record."""

    salt: bytes
    challenger_buckets: int
    mirror_buckets: int
    champion: Pick
    champion_with_copy: Pick
    challenger: Pick | None
    revision: int
    refused: frozenset[str]


class Router:
    """Splits the requests for one model as its serving record says; safe to use from many threads.

    The same key gets the same version for as long as a rollout lasts, and a higher weight moves no key back to the
    champion. Each rollout splits the keys anew, so that it is not always the same customers who try a new version.
    """

    def __init__(
        self,
        model_name: str,
        ledger: DeploymentLedger,
        *,
        refresh_seconds: float = 5.0,
        pinned: Mapping[str, str] | None = None,
    ) -> None:
        """Read the record once, and then again every `refresh_seconds` seconds.

        `pinned` gives keys of testers their own version, whatever the weights are.

        Raises:
            StoreUnavailable: the record could not be read; nothing is known that could be served.
            RolloutRefused: the model has no champion yet.
        """
        self._model_name = model_name
        self._ledger = ledger
        self._refresh_seconds = refresh_seconds
        self._pinned = dict(pinned or {})
        self._stopped = threading.Event()
        self._split = _split_of(ledger.serving(model_name))
        self._read_at = time.monotonic()
        self._start_refreshing()
        # A worker process that is forked from this one has no threads but its own.
        router = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: _refresh_in_child(router))

    def pick(self, key: str) -> Pick:
        """The version for a key: whatever is split between the arms, such as the id of a customer or a request."""
        split = self._split
        if self._pinned and key in self._pinned and self._pinned[key] not in split.refused:
            return Pick(self._pinned[key], "pinned", 1.0)
        if split.challenger is None:
            return split.champion
        digest = hashlib.sha256(split.salt + key.encode()).digest()
        if int.from_bytes(digest[:8]) % BUCKETS < split.challenger_buckets:
            return split.challenger
        if int.from_bytes(digest[8:16]) % BUCKETS < split.mirror_buckets:
            return split.champion_with_copy
        return split.champion

    @property
    def revision(self) -> int:
        """The revision of the serving record that picks follow now."""
        return self._split.revision

    @property
    def age_seconds(self) -> float:
        """How long ago the record was last read: more than a few seconds if DynamoDB is away."""
        return time.monotonic() - self._read_at

    def refresh(self) -> None:
        """Read the record now; if it cannot be read, the last one stays in force."""
        try:
            self._split = _split_of(self._ledger.serving(self._model_name))
            self._read_at = time.monotonic()
        except AutoRetrainError as error:
            _LOG.warning("the serving record of %s was not read, the last one stays: %s", self._model_name, error)

    def close(self) -> None:
        """Stop renewing the record."""
        self._stopped.set()

    def _start_refreshing(self) -> None:
        router = weakref.ref(self)
        arguments = (router, self._stopped, self._refresh_seconds)
        threading.Thread(target=_refresh_until_stopped, args=arguments, daemon=True).start()


def _refresh_until_stopped(router: "weakref.ref[Router]", stopped: threading.Event, refresh_seconds: float) -> None:
    while not stopped.wait(refresh_seconds):
        living = router()
        if living is None:
            return
        living.refresh()
        del living


def _refresh_in_child(router: "weakref.ref[Router]") -> None:
    living = router()
    if living is not None and not living._stopped.is_set():
        living._start_refreshing()


def _split_of(record: ServingRecord) -> _Split:
    if record.champion is None:
        raise RolloutRefused(f"'{record.model_name}' has no champion yet, so there is nothing to serve")
    champion, rollout = record.champion.version.number, record.rollout
    refused = frozenset(each.version for each in record.rolled_back)
    if rollout is None or rollout.challenger.number in refused:
        alone = Pick(champion, "champion", 1.0)
        return _Split(b"", 0, 0, alone, alone, None, record.revision, refused)
    return _split_between(champion, rollout, record.revision, refused)


def _split_between(champion: str, rollout: Rollout, revision: int, refused: frozenset[str]) -> _Split:
    challenger, share = rollout.challenger.number, rollout.weight / 100
    about = rollout.job_id, rollout.step
    return _Split(
        salt=f"{rollout.job_id}\0".encode(),
        challenger_buckets=rollout.weight * BUCKETS_OF_A_PERCENT,
        mirror_buckets=rollout.mirror_share * BUCKETS_OF_A_PERCENT,
        champion=Pick(champion, "champion", 1 - share, None, *about),
        champion_with_copy=Pick(champion, "champion", 1 - share, challenger, *about),
        challenger=Pick(challenger, "challenger", share, None, *about),
        revision=revision,
        refused=refused,
    )
