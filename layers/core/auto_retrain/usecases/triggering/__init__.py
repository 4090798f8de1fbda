"""Decides whether to retrain a model: gathers and judges evidence, concludes the decision, opens the job."""
