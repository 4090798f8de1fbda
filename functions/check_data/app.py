"""Look at a job's data before anything is trained on them."""

from auto_retrain.entrypoint import lambda_entrypoint
from auto_retrain.usecases.data.check_data import check_data

handler = lambda_entrypoint(check_data)
