"""Reaching a Kubernetes API: connection, credentials, requests."""
