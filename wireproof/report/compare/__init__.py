"""Comparison of two runs, and the history of stored runs."""
