"""The machine and the terminal: GPUs, paths, files, optional packages, what doctor tells."""
