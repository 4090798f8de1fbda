"""The Kubernetes Jobs of a job: the orders for their containers, and the results they leave."""
