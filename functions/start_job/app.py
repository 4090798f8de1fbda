"""Start the Kubernetes Job that trains or scores."""

from auto_retrain.entrypoint import lambda_entrypoint
from auto_retrain.usecases.training.start_job import start_job

handler = lambda_entrypoint(start_job)
