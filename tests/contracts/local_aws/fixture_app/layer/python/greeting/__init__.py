"""The content of the layer."""

WORDS = "hello from the layer"
