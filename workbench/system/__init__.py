"""The machine and the terminal: GPUs, compiler, paths, regular files, optional packages."""
