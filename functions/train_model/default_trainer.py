"""The trainers of a policy that names none: gradient boosted trees, which take numbers and categories with gaps."""

from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OrdinalEncoder

# The trees tell at most this many categories of one column apart; rarer ones share the last place.
MOST_CATEGORIES = 254


def fit(frame: pd.DataFrame, target: np.ndarray[Any, Any], parameters: dict[str, Any], seed: int) -> Pipeline:
    """Fit HistGradientBoostingClassifier with the given parameters; a category never seen before counts as missing."""
    return _fit(HistGradientBoostingClassifier, frame, target, parameters, seed)


def fit_regressor(frame: pd.DataFrame, target: np.ndarray[Any, Any], parameters: dict[str, Any], seed: int) -> Pipeline:
    """Fit HistGradientBoostingRegressor in the same way."""
    return _fit(HistGradientBoostingRegressor, frame, target, parameters, seed)


def _fit(
    trees: Any, frame: pd.DataFrame, target: np.ndarray[Any, Any], parameters: dict[str, Any], seed: int
) -> Pipeline:
    # A column without any value teaches nothing, and the trees cannot bin it.
    filled = [name for name in frame.columns if frame[name].notna().any()]
    numeric = [name for name in filled if is_numeric_dtype(frame[name])]
    categorical = [name for name in filled if name not in numeric]
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, max_categories=MOST_CATEGORIES)
    fitted = trees(**parameters, random_state=seed, categorical_features=list(range(len(categorical))))
    model = make_pipeline(make_column_transformer((encoder, categorical), ("passthrough", numeric)), fitted)
    return model.fit(frame, target)
