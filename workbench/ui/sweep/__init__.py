"""The Sweep screen: a family of runs and its result table."""
