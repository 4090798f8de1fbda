"""Upgrades documents that earlier releases wrote to today's form, before they are parsed."""

import json
from typing import Any

from ...domain.base import Record
from ...domain.deployment_ledger import LedgerLine
from ...domain.job import RetrainingJob
from ...domain.text import one_line
from ...domain.time_zones import time_zone_names

# Earlier releases took any zone that the machine knew; these are the ones that the functions ran with.
_ZONES_OF_MACHINES = {"localtime": "UTC", "Factory": "UTC", "posixrules": "America/New_York"}


def upgraded(text: str, kind: type[Record]) -> str:
    """The document in today's form; one that already has it is unchanged.

    Raises ValueError, TypeError or LookupError for a document in neither form.
    """
    if kind is RetrainingJob and "ending" not in (job := json.loads(text)):
        return json.dumps(_upgraded_job(job))
    if kind is LedgerLine and isinstance((line := json.loads(text))["version"], str):
        return json.dumps(_upgraded_line(line))
    # By name, because importing it would cost those functions that never read one.
    if kind.__name__ == "WaitingTrigger":
        return json.dumps(_upgraded_waiting(json.loads(text)))
    if kind.__name__ == "AppliedPolicy":
        return _upgraded_policy(text)
    return text


def _upgraded_policy(text: str) -> str:
    """Earlier releases accepted time zones that only some machines know."""
    # The first place is that of the triggers: text before it has its quotes escaped. A fleet is not parsed twice.
    before, field, rest = text.partition('"time_zone":"')
    zone, _, after = rest.partition('"')
    if not field or zone in time_zone_names():
        return text
    spelling = {name.casefold(): name for name in time_zone_names()}
    known = zone.removeprefix("posix/").removeprefix("right/")
    return f'{before}{field}{_ZONES_OF_MACHINES.get(known) or spelling.get(known.casefold(), zone)}"{after}'


def _upgraded_waiting(old: dict[str, Any]) -> dict[str, Any]:
    """Earlier releases accepted reasons and actors of several lines."""
    texts = {name: one_line(old["request"][name]) for name in ("actor", "reason") if old["request"].get(name)}
    return {**old, "request": {**old["request"], **texts}}


def _upgraded_job(old: dict[str, Any]) -> dict[str, Any]:
    version = {name: old.pop(name, None) for name in ("champion_version", "challenger_version")}
    files = {name: old.pop(f"{name}_files", None) or {} for name in ("champion", "challenger")}
    run_id, metrics = old.pop("run_id", None), old.pop("metrics", {})
    champion, challenger = version["champion_version"], version["challenger_version"]
    old["champion"] = {"number": champion, "files": files["champion"]} if champion else None
    trained = {"number": challenger, "files": files["challenger"], "run_id": run_id, "metrics": metrics}
    old["challenger"] = trained if challenger else None
    old["variants"] = [_upgraded_variant(variant) for variant in old.get("variants", [])]
    old["ending"] = _ending_of(old)
    return old


def _upgraded_variant(old: dict[str, Any]) -> dict[str, Any]:
    number = old.pop("version", None)
    trained = {name: old.pop(name) for name in ("files", "run_id", "metrics") if name in old}
    return {**old, "trained": {"number": number, **trained} if number else None}


def _ending_of(old: dict[str, Any]) -> str | None:
    """Today a field of its own; earlier releases stored several fields that imply it."""
    if old["status"] not in ("completed", "failed", "rolled_back"):
        return None
    if old["status"] != "completed":
        return str(old["status"])
    if old.get("deployed"):
        return "promoted"
    if (old.get("data_check") or {}).get("skipped"):
        return "skipped"
    if old.get("review") and not old["review"]["approved"]:
        return "declined"
    decision = (old.get("validation") or {}).get("decision")
    return "rejected" if decision == "reject" else "inconclusive"


def _upgraded_line(old: dict[str, Any]) -> dict[str, Any]:
    files = old.pop("files", None) or {}
    return {**old, "version": {"number": old["version"], "files": files}}
