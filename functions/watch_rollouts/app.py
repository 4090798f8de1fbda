"""Judge all rollouts, wake executions that have something to do, and reconcile what serves with its record."""

from auto_retrain.entrypoint import lambda_entrypoint
from auto_retrain.usecases.rolling_out.watch_rollouts import watch_rollouts

handler = lambda_entrypoint(watch_rollouts)
