"""Proposes a policy from what is known of a model: a sample of its data, its signature, its metric."""
