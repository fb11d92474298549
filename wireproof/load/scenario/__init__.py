"""Scenarios: the requests of a load run, their schedule and their limits."""
