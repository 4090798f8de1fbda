"""What is published on the event bus reaches people."""
