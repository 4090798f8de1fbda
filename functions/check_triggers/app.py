"""Decide whether one model is to be retrained now."""

from auto_retrain.entrypoint import lambda_entrypoint
from auto_retrain.usecases.triggering.check_triggers import check_triggers

handler = lambda_entrypoint(check_triggers)
