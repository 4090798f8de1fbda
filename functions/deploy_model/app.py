"""Make the validated challenger the champion."""

from auto_retrain.entrypoint import lambda_entrypoint
from auto_retrain.usecases.promoting.deploy_model import deploy_model

handler = lambda_entrypoint(deploy_model)
