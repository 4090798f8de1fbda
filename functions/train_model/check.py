"""Carries out a check order: examines one part of a job's data, as the package that decides would.

Like back_test.py, it imports auto_retrain: what data show is found by the same code everywhere.
"""

import hashlib
from typing import Any

from auto_retrain.adapters.data.arrow_tables import ArrowTableReader
from auto_retrain.adapters.memory.training_world import ListedData
from auto_retrain.domain import errors
from auto_retrain.domain.manifest import DataObject
from auto_retrain.domain.manifest import Manifest as FrozenManifest
from auto_retrain.usecases.data.part_files import pack
from auto_retrain.usecases.data.read_part import read_part

from .errors import DataInvalid, OrderInvalid
from .order import Order, check_digest
from .outputs import Outputs
from .storage import Storage


def check(order: Order, content: bytes, storage: Storage, outputs: Outputs) -> dict[str, Any]:
    """Write what the part shows, and return the findings for the result document; broken data are a finding, too."""
    check_digest(order, content)
    if order.part is None:
        raise OrderInvalid("part is required for kind 'check'")
    tables = ArrowTableReader(ListedData((), lambda item: _read(item, storage)))
    try:
        with outputs.spans.measure("examine data"):
            evidence = pack(read_part(FrozenManifest.model_validate_json(content), order.part, tables))
    except errors.DataInvalid as error:
        about = {"missing": error.missing, "not_numeric": error.not_numeric}
        changed = isinstance(error, errors.DataChanged)
        return {"broken": {"reason": str(error), "changed_since": changed, **about}}
    uri = outputs.write_document("evidence.npz", evidence)
    return {"evidence": {"uri": uri, "sha256": hashlib.sha256(evidence).hexdigest()}}


def _read(item: DataObject, storage: Storage) -> bytes:
    try:
        return storage.read(item.uri, item.etag)
    except DataInvalid as error:
        raise errors.DataChanged(str(error)) from error
