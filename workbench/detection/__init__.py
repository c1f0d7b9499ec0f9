"""Boxes, anchors and proposal targets, shared by data, models and tasks. Needs torch."""
