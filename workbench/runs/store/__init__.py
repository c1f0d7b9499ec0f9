"""The files of a run folder: reading and writing each."""
