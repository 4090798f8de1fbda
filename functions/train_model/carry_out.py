"""Puts the parts together and carries out one order, unless that has been done already."""

from .order import Order, parse_manifest
from .outputs import Outputs
from .registry import MlflowVersions
from .score import score
from .storage import Storage
from .train import train


def carry_out(order: Order) -> None:
    """Leave a result document; if another process leaves one first, that one counts."""
    storage = Storage()
    outputs = Outputs(order, storage)
    if outputs.are_complete():
        return
    manifest = parse_manifest(storage.read(order.manifest_uri), order)
    versions = MlflowVersions(order)
    if order.kind == "train":
        findings = train(order, manifest, storage, versions)
    else:
        findings = score(order, manifest, storage, versions, outputs)
    outputs.publish(findings)
