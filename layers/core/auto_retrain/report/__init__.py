"""The pages that show people a retraining, its rollout, the fleet, and what policies would have done: one file each.

They have nothing from elsewhere. Only the page about the fleet has a script, which filters and sorts its table.
"""

from .back_test import render_back_test
from .fleet import render_fleet
from .job import Place, render_job
from .page import render_report
from .request import render_request
from .rollout import render_rollout

__all__ = [
    "Place",
    "render_back_test",
    "render_fleet",
    "render_job",
    "render_report",
    "render_request",
    "render_rollout",
]
