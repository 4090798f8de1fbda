"""Writes the parts of docs/ that code knows better than people: `make docs`."""
