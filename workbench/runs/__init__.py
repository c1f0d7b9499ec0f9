"""The run directory: what a run is on disk, whoever trains it and whoever watches.

Files, events, the state folded from them, and starting and controlling a
worker. Nothing here knows torch or the screen; both sides meet in this folder.
"""
