"""End a job, whatever became of it."""

from auto_retrain.entrypoint import lambda_entrypoint
from auto_retrain.usecases.ending.close_job import close_job

handler = lambda_entrypoint(close_job)
