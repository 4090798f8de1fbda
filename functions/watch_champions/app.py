"""Judge champions that were promoted lately, take back what got worse, and tell people until they know."""

from auto_retrain.entrypoint import lambda_entrypoint
from auto_retrain.usecases.after_promotion.watch_champions import watch_champions

handler = lambda_entrypoint(watch_champions)
