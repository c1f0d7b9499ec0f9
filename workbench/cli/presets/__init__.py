"""Commands about presets: list, data, layer table, scaling."""
