"""The Runs screen: every run, filtered and sorted."""
