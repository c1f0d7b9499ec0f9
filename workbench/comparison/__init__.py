"""Comparing runs: differences in configuration, results, classes and layers. Free of torch."""
