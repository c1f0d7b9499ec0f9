"""What is wrong or slow with a run: pure rules over its recorded events.

A rule is a function of a :class:`workbench.diagnosis.finding.Case` that yields findings; another
one goes into the file of its kind and into ``RULES`` of ``diagnose.py``.
"""
