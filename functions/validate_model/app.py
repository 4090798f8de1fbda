"""Compare the challenger with the champion on the holdout rows."""

from auto_retrain.entrypoint import lambda_entrypoint
from auto_retrain.usecases.validating.validate_model import validate_model

handler = lambda_entrypoint(validate_model)
