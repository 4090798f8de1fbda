"""How a job ends, and who hears of it."""
