"""Find the models that may be due and start an execution for each."""

from auto_retrain.entrypoint import lambda_entrypoint
from auto_retrain.usecases.triggering.sweep_models import sweep_models

handler = lambda_entrypoint(sweep_models)
