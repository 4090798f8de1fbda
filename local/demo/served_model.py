"""The process behind `serving`: answers questions on stdin with lines on stdout, until stdin ends.

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
    """Each question names a model, a version and dates; each answer has `days`, or the `error` that was met."""
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line), data, label)), flush=True)


def _answer(question: dict[str, Any], data: Path, label: str) -> dict[str, Any]:
    try:
        model = _load(question["model"], question["version"])
        return {"days": _count(model, question["dates"], data, label)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


@cache
def _load(model: str, version: str) -> Any:
    with TemporaryDirectory() as directory:
        return mlflow.sklearn.load_model(f"models:/{model}/{version}", dst_path=directory)


def _count(model: Any, dates: Sequence[str], data: Path, label: str) -> list[dict[str, Any]]:
    """Predict all the days at once, which takes hardly longer than one."""
    rows = pd.concat([pd.read_parquet(data / f"date={date}") for date in dates], keys=dates)
    correct = pd.Series(model.predict(rows[model.feature_names_in_]) == rows[label], index=rows.index)
    counts = correct.groupby(level=0, sort=False).agg(["size", "sum"])
    return [{"date": date, "rows": int(day["size"]), "correct": int(day["sum"])} for date, day in counts.iterrows()]


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
