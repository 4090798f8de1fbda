"""The control plane warns of parameters that the default trainer does not take, so it has to know those it takes."""

from inspect import signature
from typing import Any

import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from auto_retrain.domain.metric_kinds import Task
from auto_retrain.domain.policy.default_trainer import PARAMETERS

SET_BY_THE_TRAINER = {"random_state", "categorical_features"}


@pytest.mark.parametrize(
    ("task", "trees"),
    [(Task.CLASSIFICATION, HistGradientBoostingClassifier), (Task.REGRESSION, HistGradientBoostingRegressor)],
)
def test_the_parameters_that_are_known_are_those_of_the_library(task: Task, trees: Any) -> None:
    assert {*PARAMETERS[task]} == {*signature(trees).parameters} - SET_BY_THE_TRAINER
