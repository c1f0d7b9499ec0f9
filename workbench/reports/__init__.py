"""Runs and sweeps as a document to hand in: Markdown, or HTML in one file. Free of torch."""
