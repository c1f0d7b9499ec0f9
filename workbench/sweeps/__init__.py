"""Sweeps: families of runs planned from a TOML file, trained and tabulated. Free of torch."""
