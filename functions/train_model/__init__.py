"""The training container: carries out one order, `train` or `score`, and leaves one result document."""
