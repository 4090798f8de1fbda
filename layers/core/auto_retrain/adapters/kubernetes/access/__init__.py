"""Access to a Kubernetes API: connection, credentials, requests."""
