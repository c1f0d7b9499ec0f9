"""Using finished runs: evaluation, prediction, export."""
