"""Sources of production metrics."""
