"""Tell people what became of a job."""

from auto_retrain.entrypoint import lambda_entrypoint
from auto_retrain.usecases.ending.notify import notify

handler = lambda_entrypoint(notify)
