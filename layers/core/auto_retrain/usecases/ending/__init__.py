"""How a job ends."""
