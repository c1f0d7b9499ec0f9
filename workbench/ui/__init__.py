"""The terminal screens: they read runs and configurations, and know no torch."""
