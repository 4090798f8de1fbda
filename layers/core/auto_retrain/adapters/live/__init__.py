"""Counts of what happened to real requests, from a prediction log, CloudWatch or Prometheus."""
