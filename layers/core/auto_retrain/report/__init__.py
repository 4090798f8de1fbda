"""The pages that show people a retraining, its rollout and the fleet: one file each, with nothing from elsewhere.

Only the page about the fleet has a script, which filters and sorts its table.
"""

from .fleet import render_fleet
from .job import Place, render_job
from .page import render_report
from .request import render_request
from .rollout import render_rollout

__all__ = ["Place", "render_fleet", "render_job", "render_report", "render_request", "render_rollout"]
