"""The training container: carries out one order to `train`, `score` or `report`, and writes one result document."""
