"""Commands that use what was trained: evaluate, compare, predict, export."""
