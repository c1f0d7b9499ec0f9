"""Widgets and text helpers that know nothing of training: charts, tabs, lines, choices."""
