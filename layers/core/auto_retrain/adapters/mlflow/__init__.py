"""The model registry of an MLflow server."""

from .registry import MlflowRegistry

__all__ = ["MlflowRegistry"]
