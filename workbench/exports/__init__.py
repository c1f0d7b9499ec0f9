"""Runs out of and into other programs: tables, event files, trackers. Free of torch."""
