"""The process behind `serving`: answers each line on stdin with a line on stdout, until stdin ends.

It runs by its path in the training container's environment, which has MLflow and scikit-learn, but not this repository.
"""

import json
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mlflow.sklearn
import pandas as pd


def main(data: Path, label: str) -> None:
    """Each request names a model, a version and dates; each answer has `days`, or the `error` that was raised."""
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line), data, label)), flush=True)


def _answer(request: dict[str, Any], data: Path, label: str) -> dict[str, Any]:
    try:
        model = _load(request["model"], request["version"])
        return {"days": _count(model, request["dates"], data, label)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


@cache
def _load(model: str, version: str) -> Any:
    with TemporaryDirectory() as directory:
        return mlflow.sklearn.load_model(f"models:/{model}/{version}", dst_path=directory)


def _count(model: Any, dates: Sequence[str], data: Path, label: str) -> list[dict[str, Any]]:
    """Predict all days at once, which takes hardly longer than predicting one."""
    rows = pd.concat([pd.read_parquet(data / f"date={date}") for date in dates], keys=dates)
    correct = pd.Series(model.predict(rows[model.feature_names_in_]) == rows[label], index=rows.index)
    counts = correct.groupby(level=0, sort=False).agg(["size", "sum"])
    return [{"date": date, "rows": int(day["size"]), "correct": int(day["sum"])} for date, day in counts.iterrows()]


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
