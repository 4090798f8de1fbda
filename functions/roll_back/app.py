"""Take back what serves a model, at the request of a person or a CloudWatch alarm."""

from auto_retrain.entrypoint import lambda_entrypoint
from auto_retrain.usecases.rolling_out.roll_back import roll_back

handler = lambda_entrypoint(roll_back)
