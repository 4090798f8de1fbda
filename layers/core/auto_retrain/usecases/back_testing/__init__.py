"""A policy is tried on the past: the same triggers and holds, with a clock that is moved."""
