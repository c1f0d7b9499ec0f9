"""Commands that start, continue and control training."""
