"""Comparison of runs, and the history of kept runs."""
