"""The preloaded worker: a process with torch loaded, for layer tables and warm workers."""
