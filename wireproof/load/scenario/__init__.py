"""Scenarios: what is sent in a load run, and when."""
