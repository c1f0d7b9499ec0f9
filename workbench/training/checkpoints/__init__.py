"""Checkpoints: snapshots of a trainer, their files, and the thread that writes them."""
