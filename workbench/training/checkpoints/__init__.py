"""Checkpoints: what is copied out of a trainer, written, and put back."""
