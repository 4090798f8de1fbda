"""The pages that show people a retraining and its rollout: one file each, no script, nothing from elsewhere."""

from .page import render_report
from .rollout import render_rollout

__all__ = ["render_report", "render_rollout"]
