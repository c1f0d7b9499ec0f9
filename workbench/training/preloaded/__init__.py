"""A process that has torch loaded: it counts networks for the screen and forks warm workers."""
