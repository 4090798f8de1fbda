"""Evidently's report on two windows: its PSI for each feature, and what it must not contain."""

import json
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.unit.train_model.shelf import FIRST_DAY, Shelf
from train_model.errors import DataInvalid, ReportFailed
from train_model.order import DriftManifest, parse_manifest, parse_order
from train_model.outputs import Outputs
from train_model.storage import Storage

# Evidently's imports cause deprecation warnings of other libraries, and take seconds: only these tests wait for them.
pytestmark = pytest.mark.filterwarnings("ignore")
EVIL = "<img src=x onerror=alert(1)>"


class Reports:
    """A registry that only keeps reports."""

    def __init__(self) -> None:
        self.documents: dict[str, bytes] = {}

    def keep_report(self, documents: dict[str, bytes]) -> None:
        self.documents = documents


def make(shelf: Shelf, reference: pd.DataFrame, live: pd.DataFrame, **columns: Any) -> tuple[dict[str, Any], Reports]:
    data = {"format": "parquet", "row_id": "id", "label": "y", "numeric": ["age"], "categorical": ["plan"], **columns}
    manifest = {
        "schema_version": 1,
        "job_id": "shop-1",
        "model_name": "shop",
        "data": data,
        "reference": shelf.window(FIRST_DAY, [reference]),
        "live": shelf.window(FIRST_DAY + timedelta(30), [live]),
    }
    from train_model.report import report

    order = parse_order(json.dumps(shelf.order("report", manifest)))
    reports = Reports()
    storage = Storage(shelf.client)
    frozen = parse_manifest(shelf.get(order.manifest_uri), order, DriftManifest)
    findings = report(order, frozen, storage, reports, Outputs(order, storage))  # type: ignore[arg-type]
    return json.loads(shelf.get(findings["psi.json"])), reports


def people(seed: int, age: float = 40, rows: int = 500, **more: Any) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    plan = random.choice(["free", "plus"], rows)
    return pd.DataFrame({"age": random.normal(age, 10, rows), "plan": plan, **more})


def test_a_feature_that_drifted_is_distinguished_from_one_that_did_not(shelf: Shelf) -> None:
    psi, reports = make(shelf, people(1), people(2, age=60))
    assert psi["features"]["age"]["drifted"] is True
    assert psi["features"]["age"]["psi"] > 1
    assert psi["features"]["plan"]["drifted"] is False
    assert psi["reference"] == {"window": "2026-01-01 to 2026-01-01", "rows": 500, "sampled_rows": 500}
    assert set(reports.documents) == {"report.html", "report.json", "psi.json"}
    assert b"<html" in reports.documents["report.html"][:2000].lower()


def test_code_in_a_column_name_cannot_run_in_the_page(shelf: Shelf) -> None:
    reference, live = people(1, **{EVIL: 1.0}), people(2, **{EVIL: 2.0})
    psi, reports = make(shelf, reference, live, numeric=["age", EVIL])
    assert EVIL in psi["features"]
    assert b"onerror=alert" not in reports.documents["report.html"]
    assert b"onerror=alert" not in reports.documents["report.json"]


def test_a_feature_without_values_in_one_window_is_skipped_and_the_others_are_compared(shelf: Shelf) -> None:
    psi, _ = make(shelf, people(1), people(2).assign(plan=None))
    assert psi["features"]["plan"] == {"psi": None, "drifted": None}
    assert psi["features"]["age"]["psi"] is not None


def test_a_constant_feature_does_not_keep_others_from_being_compared(shelf: Shelf) -> None:
    psi, _ = make(shelf, people(1).assign(plan="free"), people(2).assign(plan="free"))
    assert psi["features"]["age"]["psi"] is not None


def test_windows_without_a_common_feature_are_refused(shelf: Shelf) -> None:
    empty = people(1).assign(plan=None, age=np.nan)
    with pytest.raises(ReportFailed, match="no feature has values in both windows"):
        make(shelf, people(1), empty)


def test_a_missing_feature_is_named(shelf: Shelf) -> None:
    with pytest.raises(DataInvalid, match="lacks the columns plan"):
        make(shelf, people(1), people(2).drop(columns="plan"))
