"""Starting, queueing and controlling workers, and the status of a run."""
