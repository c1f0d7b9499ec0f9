"""What can be done with a run from any screen: one menu, and what runs in the background."""
