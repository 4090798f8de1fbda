"""Ways to tell whatever serves a model which version answers requests, one file each."""
