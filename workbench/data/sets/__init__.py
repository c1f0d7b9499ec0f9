"""One file a data set: ``load(config, progress)`` gives its images and targets."""
