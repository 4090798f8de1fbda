"""Carries out a back-test order: walks through the past, and trains, scores, judges and promotes on the way.

Like check.py, it imports auto_retrain: what decides here is what decides in a deployment.
"""

import sys
import time as clock
from datetime import UTC, date, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import ValidationError

from auto_retrain.adapters.data.arrow_tables import ArrowTableReader
from auto_retrain.adapters.memory.training_world import ListedData, Outside, TrainingWorld, fixed_prices, log_of
from auto_retrain.adapters.memory.tried_metrics import TriedMetrics
from auto_retrain.domain.cluster import JobOrder
from auto_retrain.domain.errors import DataChanged, PermanentError, TrainingFailed
from auto_retrain.domain.explain import explain
from auto_retrain.domain.labelled_metric import metric_in
from auto_retrain.domain.manifest import DataObject
from auto_retrain.domain.trained_back_test import BackTestManifest, NamedPolicy, TrainedBackTest, days_read
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.usecases.back_testing.train_along import as_tried, train_along

from .daily_answers import DailyAnswers
from .errors import BackTestRefused, DataInvalid, OrderInvalid, PermanentFailure
from .object_cache import ObjectCache
from .order import Manifest, Order, check_digest, parse_manifest, parse_order
from .outputs import Outputs
from .proxy import train_proxies
from .score import score
from .storage import Storage
from .train import train
from .use import Use
from .version_shelf import ShelvedVersions, VersionShelf
from .world_storage import WorldStorage

# Without a line for so long, a day has one as well.
SILENCE_SECONDS = 10.0

_STEPS = {"train": train, "score": score, "proxy": train_proxies}


def back_test(order: Order, content: bytes, storage: Storage) -> dict[str, Any]:
    """Return the findings for the result document: one back-test for each policy.

    Raises:
        OrderInvalid: the manifest is not that of the order.
        BackTestRefused: the past cannot be walked through with one of its policies.
    """
    manifest = _parsed(order, content)
    # What has been done so far, each pod of a training would do as well.
    objects, start_up = ObjectCache(storage), clock.process_time()
    tests = [_Walk(manifest, named, objects, start_up).go() for named in manifest.policies]
    return {"tests": [test.model_dump(mode="json") for test in tests]}


def _parsed(order: Order, content: bytes) -> BackTestManifest:
    check_digest(order, content)
    try:
        manifest = BackTestManifest.model_validate_json(content)
    except ValidationError as error:
        raise OrderInvalid(f"manifest is invalid: {explain(error, BackTestManifest)}") from error
    if (manifest.job_id, manifest.model_name) != (order.job_id, order.model_name):
        raise OrderInvalid(f"manifest {order.manifest_uri} belongs to {manifest.job_id} of {manifest.model_name}")
    return manifest


class _Walk:
    """One policy on its way, in a world of its own; the orders of its cluster are carried out here."""

    def __init__(self, manifest: BackTestManifest, named: NamedPolicy, objects: ObjectCache, start_up: float) -> None:
        self._manifest, self._named, self._objects, self._start_up = manifest, named, objects, start_up
        self._month, self._said_at = "", 0.0

    def go(self) -> TrainedBackTest:
        try:
            with TemporaryDirectory(prefix="versions-") as folder:
                self._set_out(Path(folder))
                return train_along(self._named.name, self._named.policy, self._manifest, self._world, self._tell)
        except PermanentError as error:
            raise BackTestRefused(f"{self._named.name}: {error}") from error

    def _set_out(self, folder: Path) -> None:
        manifest, policy = self._manifest, as_tried(self._named.policy)
        data = ListedData(manifest.listings, self._read)
        begin = datetime.combine(manifest.days.start, time(), UTC)
        metrics = TriedMetrics()
        outside = Outside(metrics, data, ArrowTableReader(data), fixed_prices(manifest.prices))
        self._world = TrainingWorld(outside, begin, self._carry_out)
        self._storage = WorldStorage(self._world.ports.data, self._objects)
        self._shelf = VersionShelf(self._world.ports.registry, folder)
        metric = metric_in(policy, manifest.metric)
        if policy.triggers.enables(TriggerType.ESTIMATED_PERFORMANCE):
            metrics.log = log_of(policy.model, self._world.ports)
        if metric or metrics.log:
            end = days_read(policy, manifest.days, manifest.as_of).end
            profile_of = metrics.log.profile_of if metrics.log else None
            metrics.answers = DailyAnswers(policy, metric, outside, self._storage, self._shelf, end, profile_of)

    def _carry_out(self, ordered: JobOrder) -> None:
        order = parse_order(ordered.model_dump_json())
        if order.kind == "train":
            self._say(f"{self._world.ports.clock.now():%F}, a training begins")
        outputs = Outputs(order, self._storage, Use(self._start_up))
        versions = ShelvedVersions(order, self._shelf)
        step = _STEPS[order.kind]
        try:
            manifest = parse_manifest(self._storage.read(order.manifest_uri), order, Manifest)
            outputs.publish(step(order, manifest, self._storage, versions, outputs))
        except PermanentFailure as error:
            raise TrainingFailed(str(error)) from error

    def _read(self, item: DataObject) -> bytes:
        try:
            return self._objects.read(item.uri, item.etag)
        except DataInvalid as error:
            raise DataChanged(str(error)) from error

    def _tell(self, day: date, serves: str) -> None:
        """A line for each month, and after a silence: whoever follows the log sees that it goes on."""
        month = f"{day:%Y-%m}"
        if month != self._month or clock.monotonic() - self._said_at >= SILENCE_SECONDS:
            self._say(f"{day}, {serves}")
            self._month = month

    def _say(self, text: str) -> None:
        print(f"{self._named.name}: {text}", file=sys.stderr, flush=True)
        self._said_at = clock.monotonic()
