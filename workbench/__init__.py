"""The workbench: presets, training runs and their records, for vision networks."""
