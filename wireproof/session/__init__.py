"""One conformance run: its targets, what is sent, verdicts, exit code."""
