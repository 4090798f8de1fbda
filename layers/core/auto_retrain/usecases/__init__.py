"""What the product does, one file per state of the machine: gather evidence, judge, act, record."""
