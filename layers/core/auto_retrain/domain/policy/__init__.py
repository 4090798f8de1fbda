"""A model's policy: what people decide about its retraining, one file per section."""
