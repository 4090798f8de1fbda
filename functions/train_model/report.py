"""Carries out a report order: Evidently compares the features of two windows, as a second opinion for people."""

import json
import math
import re
from typing import Any

import evidently
import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset

from .data import read_features
from .errors import ReportFailed
from .order import DriftManifest, Order, Window
from .outputs import Outputs
from .storage import Storage
from .versions import Versions

MAX_ROWS = 200_000
PSI_LIMIT = 0.25


def report(
    order: Order, manifest: DriftManifest, storage: Storage, versions: Versions, outputs: Outputs
) -> dict[str, Any]:
    """Write the report as HTML and JSON and its PSI for each feature, log them to MLflow, and return their URIs.

    Raises:
        ReportFailed: Evidently cannot compare these windows.
    """
    reference = read_features(storage, manifest.data, manifest.reference)
    live = read_features(storage, manifest.data, manifest.live)
    samples = _sample(reference, order.seed), _sample(live, order.seed)
    names = _safe_names(_comparable(*samples))
    snapshot = _compare(*samples, names, set(manifest.data.numeric))
    summary = {
        "schema_version": 1,
        "job_id": order.job_id,
        "model_name": order.model_name,
        "evidently_version": evidently.__version__,
        "reference": _summary_of(manifest.reference, reference),
        "live": _summary_of(manifest.live, live),
        "features": _psi_by_feature(snapshot.dict(), names, manifest.data.features),
    }
    documents = {
        "report.html": snapshot.get_html_str(as_iframe=False).encode(),
        "report.json": snapshot.json().encode(),
        "psi.json": json.dumps(summary, allow_nan=False, sort_keys=True).encode(),
    }
    versions.keep_report(documents)
    return {name: outputs.write_document(name, content) for name, content in documents.items()}


def _sample(rows: pd.DataFrame, seed: int) -> pd.DataFrame:
    return rows if len(rows) <= MAX_ROWS else rows.sample(MAX_ROWS, random_state=seed)


def _comparable(reference: pd.DataFrame, live: pd.DataFrame) -> list[str]:
    """Features that have values in both windows; Evidently fails on the others."""
    filled = [str(name) for name in reference if reference[name].notna().any() and live[name].notna().any()]
    if not filled:
        raise ReportFailed("no feature has values in both windows, so there is nothing to compare")
    return filled


def _safe_names(names: list[str]) -> dict[str, str]:
    """Names that are safe in a web page, by feature: Evidently does not escape them."""
    return {name: f"{number:03} {re.sub(r'[^A-Za-z0-9 _.-]', '_', name)}" for number, name in enumerate(names)}


def _compare(reference: pd.DataFrame, live: pd.DataFrame, names: dict[str, str], numeric: set[str]) -> Any:
    definition = DataDefinition(
        numerical_columns=[safe for name, safe in names.items() if name in numeric],
        categorical_columns=[safe for name, safe in names.items() if name not in numeric],
    )
    sides = [
        Dataset.from_pandas(rows[list(names)].rename(columns=names), data_definition=definition)
        for rows in (live, reference)
    ]
    preset = DataDriftPreset(num_method="psi", cat_method="psi", num_threshold=PSI_LIMIT, cat_threshold=PSI_LIMIT)
    try:
        return Report([preset]).run(*sides)
    except Exception as error:
        raise ReportFailed(f"Evidently cannot compare the windows: {type(error).__name__}: {error}") from error


def _psi_by_feature(snapshot: dict[str, Any], names: dict[str, str], features: tuple[str, ...]) -> dict[str, Any]:
    by_safe_name = {
        metric["config"]["column"]: float(metric["value"])
        for metric in snapshot["metrics"]
        if "column" in metric["config"]
    }
    values = {name: by_safe_name.get(names.get(name, ""), math.nan) for name in features}
    return {
        name: {"psi": value, "drifted": value >= PSI_LIMIT} if math.isfinite(value) else {"psi": None, "drifted": None}
        for name, value in values.items()
    }


def _summary_of(window: Window, rows: pd.DataFrame) -> dict[str, Any]:
    return {"window": str(window), "rows": len(rows), "sampled_rows": min(len(rows), MAX_ROWS)}
