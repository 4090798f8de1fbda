"""What the layer brings along."""

WORDS = "hello from the layer"
