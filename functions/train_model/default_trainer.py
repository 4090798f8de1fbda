"""The default trainers: gradient boosted trees, which accept numbers and categories with missing values."""

from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OrdinalEncoder

# The trees distinguish at most this many categories of a column; rarer ones count as one.
MAX_CATEGORIES = 254


def fit(frame: pd.DataFrame, target: np.ndarray[Any, Any], parameters: dict[str, Any], seed: int) -> Pipeline:
    """Fit HistGradientBoostingClassifier with the given parameters; an unseen category counts as missing."""
    return _fit(HistGradientBoostingClassifier, frame, target, parameters, seed)


def fit_regressor(frame: pd.DataFrame, target: np.ndarray[Any, Any], parameters: dict[str, Any], seed: int) -> Pipeline:
    """Fit HistGradientBoostingRegressor in the same way."""
    return _fit(HistGradientBoostingRegressor, frame, target, parameters, seed)


def _fit(
    trees: Any, frame: pd.DataFrame, target: np.ndarray[Any, Any], parameters: dict[str, Any], seed: int
) -> Pipeline:
    # A column without values contains no information, and the trees cannot bin it.
    filled = [name for name in frame.columns if frame[name].notna().any()]
    numeric = [name for name in filled if is_numeric_dtype(frame[name])]
    categorical = [name for name in filled if name not in numeric]
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, max_categories=MAX_CATEGORIES)
    fitted = trees(**parameters, random_state=seed, categorical_features=list(range(len(categorical))))
    model = make_pipeline(make_column_transformer((encoder, categorical), ("passthrough", numeric)), fitted)
    return model.fit(frame, target)
