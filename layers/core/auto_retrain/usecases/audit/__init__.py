"""The audit trail: facts leave the use cases here, on their way to the log and the event bus."""
