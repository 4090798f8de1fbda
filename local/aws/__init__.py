"""An AWS account in one process: moto, what moto lacks, and the packaged functions in processes of their own."""
