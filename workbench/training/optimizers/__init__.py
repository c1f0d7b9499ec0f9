"""The optimisers of a configuration: their parameter groups, and those that torch has not."""
