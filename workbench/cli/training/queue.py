"""``workbench queue``: the runs that wait to train, and who is next."""
