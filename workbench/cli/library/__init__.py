"""Commands about the runs that there are."""
