"""Commands about what could be trained: presets, data, costs."""
