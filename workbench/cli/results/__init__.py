"""Commands that use trained runs: evaluate, compare, predict, report, export."""
