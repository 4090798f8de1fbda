"""Nouns and rules of retraining: what exists and what is allowed; no input or output."""
