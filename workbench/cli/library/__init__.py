"""Commands about existing runs: list, show, tag, delete, archive."""
