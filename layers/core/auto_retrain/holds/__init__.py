"""Holds: what keeps a model from being retrained although a trigger calls for it, in its own state and in the fleet."""
