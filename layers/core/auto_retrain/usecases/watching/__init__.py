"""While Kubernetes Jobs run: executions are woken, kept alive or closed."""
