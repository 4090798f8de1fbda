"""Let an execution wait for its rollout."""

from auto_retrain.entrypoint import lambda_entrypoint
from auto_retrain.usecases.rolling_out.await_rollout import await_rollout

handler = lambda_entrypoint(await_rollout)
