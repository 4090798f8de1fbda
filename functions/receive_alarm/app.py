"""Start a retraining for each model that an alarm speaks about."""

from auto_retrain.entrypoint import lambda_entrypoint
from auto_retrain.usecases.triggering.receive_alarm import receive_alarm

handler = lambda_entrypoint(receive_alarm)
