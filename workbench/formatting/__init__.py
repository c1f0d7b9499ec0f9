"""Numbers with units, tables, and the layer table, as text, Markdown and CSV."""
