"""Wake the executions whose Kubernetes Job ended."""

from auto_retrain.entrypoint import lambda_entrypoint
from auto_retrain.usecases.watching.watch_jobs import watch_jobs

handler = lambda_entrypoint(watch_jobs)
