"""What a run's events say: the state folded from them, its log, following a live run."""
