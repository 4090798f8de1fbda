"""Rollouts: what serves follows the serving record, is watched, and can be taken back."""
