"""Decide whether a model's live features have drifted."""

from auto_retrain.entrypoint import lambda_entrypoint
from auto_retrain.usecases.triggering.detect_drift import detect_drift

handler = lambda_entrypoint(detect_drift)
