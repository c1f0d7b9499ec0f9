"""Runs: their folders, events and state, and starting, controlling and listing them.

Free of torch and of the screen, which both work with run folders by this package.
"""
