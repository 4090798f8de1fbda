"""The pages that show people a retraining and its rollout: one file each, no script, nothing from elsewhere."""

from .job import Place, render_job
from .page import render_report
from .rollout import render_rollout

__all__ = ["Place", "render_job", "render_report", "render_rollout"]
