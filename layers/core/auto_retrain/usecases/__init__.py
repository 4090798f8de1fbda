"""What the product does, one folder per stage: gather evidence, judge, act, record."""
