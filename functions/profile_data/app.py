"""Keep what the features looked like that a promoted version learned from."""

from auto_retrain.entrypoint import lambda_entrypoint
from auto_retrain.usecases.data.profile_data import profile_data

handler = lambda_entrypoint(profile_data)
