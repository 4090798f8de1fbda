"""Write the page about all models every hour."""

from auto_retrain.entrypoint import lambda_entrypoint
from auto_retrain.usecases.reporting.report_fleet import report_fleet

handler = lambda_entrypoint(report_fleet)
