"""How a job ends, and who is notified."""
