"""Reports: pure functions from the facts of a run to text and data."""
