"""The nouns and rules of retraining: what exists and what is allowed. No I/O."""
