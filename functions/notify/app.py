"""Notify people of what is published on the event bus."""

from auto_retrain.entrypoint import lambda_entrypoint
from auto_retrain.usecases.notifying.notify import notify

handler = lambda_entrypoint(notify)
