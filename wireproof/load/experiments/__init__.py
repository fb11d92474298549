"""Experiments: commands that make load runs of their own."""
