"""Picks the version that answers a request, from a copy of the serving record that is renewed in the background."""

import hashlib
import logging
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple, Self

from ..domain.errors import RolloutRefused
from ..domain.rollout import Rollout
from ..domain.serving import ServingRecord
from ..ports import DeploymentLedger
from .forks import in_each_child

_LOG = logging.getLogger(__name__)

BUCKETS = 10_000
BUCKETS_OF_A_PERCENT = BUCKETS // 100
# No rollout has this id, so what testers are answered is not counted in any.
PINNED = "pinned"


class Pick(NamedTuple):
    """The version that answers a request, and what a prediction log needs to know about the choice.

    `arm` is champion, challenger, mirror or pinned; `probability` is that of this arm at this moment. `champion` is the
    version to answer with if this one fails. `mirror` is a version that gets a copy of the request, whose answer nobody
    gets. `rollout_id` and `step` are None outside a rollout.
    """

    version: str
    arm: str
    probability: float
    champion: str
    mirror: str | None = None
    rollout_id: str | None = None
    step: int | None = None

    @property
    def for_copy(self) -> "Pick":
        """The pick to log the answer to the copy with."""
        if self.mirror is None:
            raise ValueError("this request has no copy: its pick has no mirror")
        return self._replace(version=self.mirror, arm="mirror", mirror=None)


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

    @classmethod
    def connect(
        cls,
        model_name: str,
        *,
        table_name: str | None = None,
        refresh_seconds: float = 5.0,
        pinned: Mapping[str, str] | None = None,
        first_champion: str | None = None,
    ) -> Self:
        """A router on the table of a deployment, by default the one that the variable TABLE_NAME names.

        Raises what the constructor raises, and SettingMissing if no table is named.
        """
        from ..bootstrap import serving_ports

        def open_ledger() -> DeploymentLedger:
            return serving_ports(table_name=table_name).ledger

        return cls(
            model_name, open_ledger, refresh_seconds=refresh_seconds, pinned=pinned, first_champion=first_champion
        )

    def __init__(
        self,
        model_name: str,
        open_ledger: Callable[[], DeploymentLedger],
        *,
        refresh_seconds: float = 5.0,
        pinned: Mapping[str, str] | None = None,
        first_champion: str | None = None,
    ) -> None:
        """Read the record once, and then again every `refresh_seconds` seconds.

        `open_ledger` is called once in this process and once in each that is forked from it: processes must not share
        connections. `pinned` gives keys of testers their own version, whatever the weights are. `first_champion` is
        the version that answers until the record names a champion, which it does from the first rollout on.

        Raises:
            StoreUnavailable: the record could not be read; nothing is known that could be served.
            RolloutRefused: the record names no champion yet, and no first one is given.
        """
        self._model_name = model_name
        self._open_ledger = open_ledger
        self._ledger: DeploymentLedger | None = None
        self._refresh_seconds = refresh_seconds
        self._pinned = dict(pinned or {})
        self._first_champion = first_champion
        self._read_at = time.monotonic()
        self._split = self._read()
        self._start_refreshing()
        in_each_child(self, Router._restart_in_child)

    def pick(self, key: str) -> Pick:
        """The version for a key: whatever is split between the arms, such as the id of a customer or a request.

        An empty text is a key like any other: all requests with it get the same version. Raises TypeError if it is no
        text, since 7 and "7" would be different customers.
        """
        if not isinstance(key, str):
            raise TypeError(f"a key is text, not {type(key).__name__}")
        split = self._split
        if self._pinned and (version := self._pinned.get(key)) and version not in split.refused:
            return Pick(version, "pinned", 1.0, split.champion.version, rollout_id=PINNED)
        if split.challenger is None:
            return split.champion
        digest = hashlib.sha256(split.salt + key.encode(errors="surrogatepass")).digest()
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
        began = time.monotonic()
        try:
            self._split = self._read()
            self._read_at = began
        except Exception as error:  # whatever it is, requests are answered and the next reading is tried
            _LOG.warning("the serving record of %s was not read, the last one stays: %s", self._model_name, error)

    def close(self) -> None:
        """Stop renewing the record."""
        self._stopped.set()

    def _read(self) -> _Split:
        record = self._record()
        if record.desired is None and self._first_champion:
            return _split_of_one(self._first_champion, record)
        self._first_champion = None  # a record that has named a champion is believed alone from then on
        return _split_of(record)

    def _record(self) -> ServingRecord:
        if self._ledger is None:
            self._ledger = self._open_ledger()
        return self._ledger.serving(self._model_name)

    def _start_refreshing(self) -> None:
        self._stopped = threading.Event()
        refresh = partial(_refresh_until_stopped, weakref.ref(self), self._stopped, self._refresh_seconds)
        threading.Thread(target=refresh, name=f"router of {self._model_name}", daemon=True).start()

    def _restart_in_child(self) -> None:
        self._ledger = None
        if not self._stopped.is_set():
            self._start_refreshing()


def _refresh_until_stopped(router: "weakref.ref[Router]", stopped: threading.Event, refresh_seconds: float) -> None:
    while not stopped.wait(refresh_seconds):
        living = router()
        if living is None:
            return
        living.refresh()
        del living


def _split_of(record: ServingRecord) -> _Split:
    desired = record.desired
    if desired is None:
        nothing = f"the serving record of '{record.model_name}' has no champion yet, so there is nothing to serve"
        raise RolloutRefused(f"{nothing}; name the version that serves now as first_champion")
    champion, rollout = desired.champion.number, record.rollout
    if rollout is None or rollout.challenger.number in _refused(record):
        return _split_of_one(champion, record)
    return _split_between(champion, rollout, record)


def _split_of_one(champion: str, record: ServingRecord) -> _Split:
    alone = Pick(champion, "champion", 1.0, champion)
    return _Split(b"", 0, 0, alone, alone, None, record.revision, _refused(record))


def _refused(record: ServingRecord) -> frozenset[str]:
    return frozenset(each.version for each in record.rolled_back)


def _split_between(champion: str, rollout: Rollout, record: ServingRecord) -> _Split:
    challenger, share = rollout.challenger.number, rollout.weight / 100
    about = rollout.job_id, rollout.step
    return _Split(
        salt=f"{rollout.job_id}\0".encode(),
        challenger_buckets=rollout.weight * BUCKETS_OF_A_PERCENT,
        mirror_buckets=rollout.mirror_share * BUCKETS_OF_A_PERCENT,
        champion=Pick(champion, "champion", 1 - share, champion, None, *about),
        champion_with_copy=Pick(champion, "champion", 1 - share, champion, challenger, *about),
        challenger=Pick(challenger, "challenger", share, champion, None, *about),
        revision=record.revision,
        refused=_refused(record),
    )
