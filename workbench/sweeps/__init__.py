"""Families of runs: planned from a TOML file, trained, and brought together. Free of torch."""
