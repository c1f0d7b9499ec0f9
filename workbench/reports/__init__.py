"""Reports of runs and sweeps as Markdown, or as HTML in one file. Free of torch."""
