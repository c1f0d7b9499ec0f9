"""One file a data set, each with ``load(config, progress)``, which returns a DataSet."""
