"""The state of a run, folded from its events; its log; following a live run."""
