"""Stands in for your models: the answers of a challenger and of a champion that are right so often."""

import numpy as np


def answers(challenger: float, champion: float | None = None, rows: int = 2000) -> dict[str, np.ndarray]:
    labels = np.arange(rows) % 2

    def right(share: float) -> np.ndarray:
        return np.where(np.arange(rows) < round(rows * (1 - share)), 1 - labels, labels)

    columns = {"row_id": np.arange(rows), "label": labels, "challenger": right(challenger)}
    return columns if champion is None else {**columns, "champion": right(champion)}


def policy(model: str, **sections: object) -> dict[str, object]:
    data = {"prefix": model, "row_id": "id", "label": "left", "numeric": ["age", "minutes"]}
    return {"model": model, "owner": "team@example.com", "metric": {"counts_rows": True}, "data": data, **sections}
