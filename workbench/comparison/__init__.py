"""Runs side by side: what differs in them, and what came of it. Free of torch."""
