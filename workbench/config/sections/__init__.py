"""The sections of a configuration, one file each: keys with type, default, bounds and help."""
