"""Foresees, before anything is spent, whether a job is likely to end with a promotion."""
