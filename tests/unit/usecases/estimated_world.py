"""A model whose champion was validated with probabilities, and answers in its log that have scores."""

import io
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from auto_retrain.adapters.metrics.logged_scores import LoggedScoreSource
from auto_retrain.adapters.metrics.prediction_log import PredictionLogMetricSource
from auto_retrain.adapters.metrics.sources import MetricSources
from auto_retrain.comparison.predictions import Predictions
from auto_retrain.domain.prediction_log import partition_of
from tests.contracts.ports.logged import a_row, as_parquet
from tests.unit.builders import a_policy
from tests.unit.scored import harder, scored_answers, usual
from tests.unit.usecases.world import World

WINDOWS = {"evaluation_window_days": 5, "training_window_days": 10}
ENABLED = {**WINDOWS, "enabled": ["estimated_performance"], "performance_metric_threshold": 0.9}
DAY = timedelta(days=1)


class EstimatedWorld(World):
    """Version 2 is the champion, and has served since the world began; its metrics are read from the log."""

    def __init__(self, **triggers: Any) -> None:
        super().__init__(a_policy(triggers={**ENABLED, **triggers}))
        job_id = self.open()
        self.start(job_id, "train")
        self.train(job_id)
        self.start(job_id, "score")
        self.leave_scores(job_id, v2=prediction_file(scored_answers()))
        self.validate(job_id)
        self.deploy(job_id)
        self.close()
        labelled = PredictionLogMetricSource(self.ports.data, self.ports.clock)
        scores = LoggedScoreSource(self.ports.data, self.ports.clock, labelled)
        sources = {
            "cloudwatch": lambda: self.ports.metrics,
            "prediction_log": lambda: labelled,
            "logged_scores": lambda: scores,
        }
        self.ports.metrics = MetricSources(sources)  # type: ignore[assignment]

    def serve(
        self, days: int, rows: int = 400, *, is_harder: bool = False, drift: float | None = None, seed: int = 5
    ) -> None:
        """Let days pass, each with answers to usual or harder rows.

        They have labels at once if a share of concept drift is given, by which chances have moved to a half.
        """
        for number in range(days):
            yes = (harder if is_harder else usual)(np.random.default_rng([seed, number]), rows)
            at = self.ports.clock.now() + timedelta(hours=1)
            answered = [
                a_row(
                    1000 * number + row,
                    "2",
                    predicted_at=at,
                    prediction="yes" if chance >= 0.5 else "no",
                    score=float(chance),
                    prediction_id=f"{at.date()}-{row}",
                )
                for row, chance in enumerate(yes)
            ]
            name = f"{partition_of(at).partition('/')[2]}/part.parquet"
            self.ports.data.add_partition("predictions/model=churn", at.date(), as_parquet(answered), name)
            if drift is not None:
                chances = yes + drift * (0.5 - yes)
                came_true = np.random.default_rng([seed, number, 1]).random(rows) < chances
                self._label(at, [row["prediction_id"] for row in answered], came_true)
            self.ports.clock.advance(DAY)

    def _label(self, at: datetime, ids: list[str], came_true: np.ndarray) -> None:
        file = io.BytesIO()
        pd.DataFrame({"id": ids, "left": np.where(came_true, "yes", "no")}).to_parquet(file)
        self.ports.data.add_partition("churn", at.date(), file.getvalue())


def prediction_file(answers: Predictions) -> bytes:
    file = io.BytesIO()
    arrays = {name: getattr(answers, name) for name in ("row_ids", "labels", "predictions", "classes", "scores")}
    np.savez(file, **arrays)
    return file.getvalue()
