"""What holds a retraining back although a trigger calls for it: the model's own state, and the fleet's limits."""
