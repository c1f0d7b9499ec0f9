"""Exports and imports of runs: tables, event files, trackers. Free of torch."""
