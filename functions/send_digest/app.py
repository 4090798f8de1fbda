"""Tell people every week what retraining did."""

from auto_retrain.entrypoint import lambda_entrypoint
from auto_retrain.usecases.notifying.send_digest import send_digest

handler = lambda_entrypoint(send_digest)
