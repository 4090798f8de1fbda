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


def main(data: Path, row_id: str, label: str) -> None:
    """Each request names a model, a version and dates; each answer has `days`, or the `error` that was raised.

    A day has the ids of its rows, what the version answers and what is right.
    """
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line), data, row_id, label)), flush=True)


def _answer(request: dict[str, Any], data: Path, row_id: str, label: str) -> dict[str, Any]:
    try:
        model = _load(request["model"], request["version"])
        return {"days": _predict(model, request["dates"], data, row_id, label)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


@cache
def _load(model: str, version: str) -> Any:
    with TemporaryDirectory() as directory:
        return mlflow.sklearn.load_model(f"models:/{model}/{version}", dst_path=directory)


def _predict(model: Any, dates: Sequence[str], data: Path, row_id: str, label: str) -> list[dict[str, Any]]:
    """Predict all days at once, which takes hardly longer than predicting one."""
    rows = pd.concat([pd.read_parquet(data / f"date={date}") for date in dates], keys=dates)
    answers = pd.DataFrame({"ids": rows[row_id], "answers": model.predict(rows[model.feature_names_in_])})
    answers["labels"] = rows[label]
    return [{"date": date, **day.to_dict("list")} for date, day in answers.groupby(level=0, sort=False)]


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
