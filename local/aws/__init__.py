"""An AWS account in one process: moto, what it lacks, and the real handlers in real processes."""
