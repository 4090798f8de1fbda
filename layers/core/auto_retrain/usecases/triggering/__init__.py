"""Whether a model is retrained: evidence is gathered and judged, the decision concluded, the job opened."""
