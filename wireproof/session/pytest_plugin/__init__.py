"""The pytest plugin: checks as items, verdicts as outcomes."""
