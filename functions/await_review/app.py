"""Let a person decide on a challenger that passed every gate."""

from auto_retrain.entrypoint import lambda_entrypoint
from auto_retrain.usecases.promoting.await_review import await_review

handler = lambda_entrypoint(await_review)
