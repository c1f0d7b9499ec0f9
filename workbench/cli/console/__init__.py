"""Parts that several commands share: options, output, plots, progress, watching a run."""
