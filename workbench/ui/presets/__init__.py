"""The Presets screen: choose a preset, edit it, see what it costs, start it."""
