"""The run directory: its files, each read and written in one place."""
