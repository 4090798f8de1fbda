"""The page that shows people one retraining: one file, no script, nothing from elsewhere."""

from .page import render_report

__all__ = ["render_report"]
