"""The Kubernetes Jobs of a job: what their containers are told, and what they leave behind."""
