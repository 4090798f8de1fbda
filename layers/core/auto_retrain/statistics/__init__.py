"""Numbers in, numbers out: every function names its formula, its edge cases and its source."""
