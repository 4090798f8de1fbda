"""Pages about jobs and the fleet, from what is stored."""
