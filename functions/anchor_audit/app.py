"""Put the heads of all audit chains where nobody can change them."""

from auto_retrain.entrypoint import lambda_entrypoint
from auto_retrain.usecases.audit.anchor_audit import anchor_audit

handler = lambda_entrypoint(anchor_audit)
