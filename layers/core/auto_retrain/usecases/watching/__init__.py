"""Watches running Kubernetes Jobs: wakes their executions, keeps them alive or closes their jobs."""
