"""Champion and challenger on the same rows, as numbers: arrays in, evidence for the gates out."""
