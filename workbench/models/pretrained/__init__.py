"""Weights from elsewhere, and parts of a network that stay as they are."""
