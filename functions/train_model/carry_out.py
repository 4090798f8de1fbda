"""Puts the parts together and carries out one order, unless its result exists already."""

from typing import Any

from .order import DriftManifest, Manifest, Order, parse_manifest
from .outputs import Outputs
from .proxy import train_proxies
from .registry import MlflowVersions, final_refusals
from .score import score
from .storage import Storage
from .train import help_training, train
from .workers import is_helper


def carry_out(order: Order) -> None:
    """Write a result document; if another process writes one first, that one counts."""
    storage = Storage()
    outputs = Outputs(order, storage)
    if outputs.are_complete():
        return
    with final_refusals():
        findings = _findings(order, storage.read(order.manifest_uri), storage, outputs)
    if findings is not None:
        outputs.publish(findings)


def _findings(order: Order, manifest: bytes, storage: Storage, outputs: Outputs) -> dict[str, Any] | None:
    """What the result document says; None if another pod writes it."""
    if order.kind == "back_test":
        # Only this kind and the next need the package that decides.
        from .back_test import back_test

        return back_test(order, manifest, storage)
    if order.kind == "check":
        from .check import check

        return check(order, manifest, storage, outputs)
    versions = MlflowVersions(order)
    if order.kind == "report":
        # Evidently takes longer to import than everything else together, and only this kind needs it.
        from .report import report

        return report(order, parse_manifest(manifest, order, DriftManifest), storage, versions, outputs)
    frozen = parse_manifest(manifest, order, Manifest)
    if order.kind == "train" and is_helper():
        help_training(order, frozen, storage, versions)
        return None
    if order.kind == "train":
        return train(order, frozen, storage, versions, outputs)
    if order.kind == "proxy":
        return train_proxies(order, frozen, storage, versions, outputs)
    return score(order, frozen, storage, versions, outputs)
