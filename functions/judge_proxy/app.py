"""Judge by a proxy whether a full training may help."""

from auto_retrain.entrypoint import lambda_entrypoint
from auto_retrain.usecases.validating.judge_proxy import judge_proxy

handler = lambda_entrypoint(judge_proxy)
