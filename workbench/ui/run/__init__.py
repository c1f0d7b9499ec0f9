"""The Run screen and its panels: one run, live or finished."""
