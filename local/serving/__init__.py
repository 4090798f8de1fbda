"""A model server for tests and the demo."""
