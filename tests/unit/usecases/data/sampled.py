"""What a sampler of days has kept, as the checks see it."""

from datetime import date

from auto_retrain.data_checks.evidence import FeatureValues
from auto_retrain.usecases.data.feature_days import DaySamples, feature_values


def sampled_values(samples: DaySamples, feature: str, holdout_start: date) -> FeatureValues:
    rows = samples.rows_by_day()
    return feature_values([day for day, _, _ in rows], [of_day[feature] for _, _, of_day in rows], holdout_start)
