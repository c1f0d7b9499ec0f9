"""What several commands share: options, tables, plots, progress, watching a run."""
