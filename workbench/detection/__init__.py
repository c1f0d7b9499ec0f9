"""Boxes, anchors and proposal targets: what data, networks and tasks share. Needs torch."""
